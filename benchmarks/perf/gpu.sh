#!/usr/bin/env bash
# Checks the engine on a GPU and measures it there, within ten minutes.
#
#   benchmarks/perf/gpu.sh [WHEELS]
#
# WHEELS is a folder of wheels that the machine lacks (pydantic, pydantic-core, annotated-types,
# typing-inspection; for the comparison higher, torchopt, optree, graphviz), and learn2learn's
# source archive. OUT is where tables and JSON go (runs/gpu), DEVICE the device (cuda), PYTHON the
# interpreter. DEVICE=cpu tries the script out on small sizes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
device=${DEVICE:-cuda}
out=${OUT:-runs/gpu}
python=${PYTHON:-python3}
peers=$(mktemp -d)
trap 'rm -rf "$peers"' EXIT
mkdir -p "$out" "$peers/site"
if [ -n "${1:-}" ]; then
    for wheel in "$1"/*.whl; do
        "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$peers/site" "$wheel" ||
            echo "could not be installed: $wheel"
    done
    for archive in "$1"/learn2learn-*.tar.gz; do
        [ -e "$archive" ] && tar -xzf "$archive" -C "$peers"
    done
fi
export PYTHONPATH="$peers/site:$PWD:$PWD/plugins:$PWD/benchmarks${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
small=()
[ "$device" = cpu ] && small=(--small)

echo "== tests that need a GPU"
mapfile -t files < <(grep -rl "mark.gpu" --include="test_*.py" tests)
if [ "$device" = cpu ]; then
    echo "not run: DEVICE is cpu"
elif [ ${#files[@]} -eq 0 ]; then
    echo "not run: there are none"
else
    timeout 180 "$python" -m pytest "${files[@]}" -m gpu -q --continue-on-collection-errors \
        -p no:cacheprovider -W default 2>&1 | tail -n 30 | tee "$out/pytest.log"
fi

echo "== the engine"
timeout 370 "$python" -m perf.gpu --device "$device" "${small[@]}" --seconds 300 \
    --peers "$peers" --output "$out" 2>&1 | tee "$out/gpu.log"
