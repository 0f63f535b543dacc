#!/usr/bin/env bash
# Runs the study in full on a GPU, within ten minutes, and leaves its records and tables.
#
#   METABENCH_HUB=MIRROR benchmarks/studies/gpu.sh [WHEELS]
#
# WHEELS is a folder of wheels that the machine lacks, metabench's own among them. OUT is where
# records and tables go (runs/gpu-study), DEVICE the device (cuda), JOBS the cells at a time (8),
# SECONDS_IN_ALL the time for everything (560), PYTHON the interpreter. DEVICE=cpu tries the script
# out: smoke runs in place of the study. What the time does not suffice for is PARTIAL; with the
# same OUT, another call goes on there.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
device=${DEVICE:-cuda}
out=${OUT:-runs/gpu-study}
jobs=${JOBS:-8}
limit=${SECONDS_IN_ALL:-560}
python=${PYTHON:-python3}
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
mkdir -p "$out"
if [ -n "${1:-}" ]; then
    for wheel in "$1"/*.whl; do
        "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" "$wheel" ||
            echo "could not be installed: $wheel"
    done
    export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
fi
export PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false OMP_NUM_THREADS=1
metabench() { "$python" -m metabench "$@"; }
left() { echo $((limit - SECONDS)); }

echo "== checks"
metabench doctor | tee "$out/doctor.txt" || exit 1
# A meta cell with exact curvature is held against double backward before it trains.
check=150
[ "$device" = cpu ] && check=1200
timeout "$check" "$python" -m metabench run studies/glue_minilm --smoke --device "$device" \
    --only task=glue/rte --runs "$out" 2>&1 | tee "$out/smoke.log"
[ "${PIPESTATUS[0]}" = 0 ] || exit 1
echo "checked after $SECONDS s"

names=(glue_minilm glue_minilm_inner_loop glue_minilm_task_distributions glue_minilm_scitail)
failed=0
for name in "${names[@]}"; do
    if [ "$device" = cpu ]; then
        [ "$name" = glue_minilm ] || continue
        run="$out/glue-minilm.smoke"
    else
        echo "== $name ($(left) s left)"
        [ "$(left)" -gt 40 ] || { echo "not run: no time was left"; continue; }
        # TERM saves every cell that runs; a second call with this OUT goes on.
        timeout --signal=TERM "$(($(left) - 25))" "$python" -m metabench run "studies/$name" \
            --device "$device" -j "$jobs" --runs "$out" > "$out/$name.txt" 2> "$out/$name.log"
        code=$?
        tail -n 3 "$out/$name.log"
        [ $code = 0 ] || { echo "exit code $code: PARTIAL"; failed=1; }
        run="$out/${name//_/-}"
    fi
    mkdir -p "$out/records"
    metabench export records "$run" "$out/records/$(basename "$run")" --force
    metabench compare "$out/records/$(basename "$run")" --format markdown | tee "$out/$name.md"
done
echo "== done after $SECONDS s"
exit $failed
