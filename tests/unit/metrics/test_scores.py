"""Scores: against tables worked by hand, against scikit-learn and scipy, and where undefined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.errors import DivergedError, InvalidMetricError, PluginError
from metabench.metrics.compute import clipped, collapsed, score
from metabench.metrics.provider import metabench_metrics
from metabench.metrics.scores import accuracy, f1, matthews, pearson, spearman

TARGETS = {metric.name: metric.target for metric in metabench_metrics()}
NAN, INF = float("nan"), float("inf")

# 3 true positives, 1 false positive, 2 false negatives, 4 true negatives.
LABELS = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])
CALLED = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])


def outputs_of(called, classes=2):
    return np.eye(classes, dtype=np.float32)[called]


def test_accuracy_is_the_share_of_hits():
    assert accuracy(LABELS, outputs_of(CALLED)) == pytest.approx(7 / 10)


def test_f1_is_twice_the_hits_over_called_and_true():
    assert f1(LABELS, outputs_of(CALLED)) == pytest.approx(2 * 3 / (2 * 3 + 1 + 2))


def test_matthews_is_the_correlation_of_the_table():
    expected = (3 * 4 - 1 * 2) / np.sqrt((3 + 1) * (3 + 2) * (4 + 1) * (4 + 2))

    assert matthews(LABELS, outputs_of(CALLED)) == pytest.approx(expected)


def test_pearson_of_three_points():
    # deviations (-1, 0, 1) and (-1, -1, 2): 3 / sqrt(2 * 6)
    assert pearson(np.array([1, 2, 3]), np.array([[0.0], [0.0], [3.0]])) == pytest.approx(
        3 / np.sqrt(12)
    )


def test_spearman_sees_ranks_alone():
    labels = np.array([1.0, 2.0, 3.0, 4.0])

    assert spearman(labels, np.exp(labels)[:, None]) == pytest.approx(1.0)
    # ranks 1 2 3 4 against 2 1 3 4: 1 - 6 * 2 / (4 * 15)
    assert spearman(labels, np.array([[20.0], [10.0], [30.0], [40.0]])) == pytest.approx(0.8)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=30))
def test_matthews_of_three_classes_is_the_correlation_of_indicators(pairs):
    labels, called = np.array(pairs).T
    one, two = np.eye(3)[labels], np.eye(3)[called]

    def covariance(a, b):
        return ((a - a.mean(0)) * (b - b.mean(0))).sum()

    scale = np.sqrt(covariance(one, one) * covariance(two, two))
    expected = covariance(one, two) / scale if scale else 0.0
    assert matthews(labels, outputs_of(called, 3)) == pytest.approx(expected, abs=1e-12)


def test_of_equal_outputs_the_first_class_is_called():
    assert accuracy(np.array([0, 1]), np.zeros((2, 2))) == 0.5


@pytest.mark.parametrize("metric", [f1, matthews])
def test_a_run_that_never_calls_class_one_scores_zero(metric):
    assert metric(LABELS, outputs_of(np.zeros_like(LABELS))) == 0.0
    assert metric(np.zeros_like(LABELS), outputs_of(np.zeros_like(LABELS))) == 0.0


@pytest.mark.parametrize("metric", [pearson, spearman])
@pytest.mark.parametrize("constant", [0.0, 2.5, -3e4])
def test_correlation_with_a_constant_is_zero(metric, constant):
    numbers = np.linspace(0, 5, 7)
    still = np.full((7, 1), constant, dtype=np.float32)
    nearly = still + np.float32(1e-8) * np.arange(7, dtype=np.float32)[:, None] * abs(constant)

    assert metric(numbers, still) == 0.0
    assert metric(numbers, nearly) == 0.0
    assert metric(np.full(7, constant), numbers[:, None]) == 0.0


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        (outputs_of([0, 0, 0]), True),
        (outputs_of([0, 1, 0]), False),
        (np.array([[1.0], [1.0]]), True),
        (np.array([[1.0], [2.0]]), False),
    ],
)
def test_collapsed_means_one_class_or_one_number_for_all_rows(outputs, expected):
    assert collapsed(outputs) is expected


def test_score_gives_each_metric_by_name():
    names = ("accuracy", "f1", "matthews")
    scores = score({name: TARGETS[name] for name in names}, LABELS, outputs_of(CALLED))

    assert scores["accuracy"] == accuracy(LABELS, outputs_of(CALLED))
    assert list(scores) == list(names)
    assert all(type(value) is float for value in scores.values())


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_an_output_that_is_not_finite_is_a_divergence_not_a_score(value):
    outputs = outputs_of(CALLED)
    outputs[4, 1] = value

    with pytest.raises(
        DivergedError, match="1 of 10 outputs are not finite, the first that of example 4"
    ):
        score({"accuracy": TARGETS["accuracy"]}, LABELS, outputs)


SOURCES = {
    "nan": "NAN", "inf": "INF", "true": "True", "complex": "1j", "text": "'0.5'", "none": "None",
    "array": "np.zeros(2)", "huge": "1e13", "huge_integer": "-(10**400)", "numpy_true": "np.True_",
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_a_metric_that_returns_no_finite_real_number_is_refused(name, tmp_path, monkeypatch):
    _module(tmp_path, monkeypatch, f"import numpy as np\nNAN, INF = float('nan'), float('inf')\n"
            f"def metric(labels, outputs):\n    return {SOURCES[name]}\n")  # fmt: skip

    with pytest.raises(InvalidMetricError, match="metric 'own' returned"):
        score({"own": "own_metric:metric"}, LABELS, outputs_of(CALLED))


def test_the_largest_number_that_a_record_takes_is_a_score(tmp_path, monkeypatch):
    _module(tmp_path, monkeypatch, "def metric(labels, outputs):\n    return -(10**12)\n")

    assert score({"own": "own_metric:metric"}, LABELS, outputs_of(CALLED)) == {"own": -1e12}


@pytest.mark.parametrize("value", ["0.25", "np.float32(0.25)", "np.float64(0.25)"])
def test_a_metric_may_return_any_real_number(value, tmp_path, monkeypatch):
    _module(tmp_path, monkeypatch,
            f"import numpy as np\ndef metric(labels, outputs):\n    return {value}\n")  # fmt: skip

    assert score({"own": "own_metric:metric"}, LABELS, outputs_of(CALLED)) == {"own": 0.25}


@pytest.mark.parametrize(("bounds", "fits"), [((0, 1), False), ((0, 1.5), True), (None, True)])
def test_a_metric_outside_of_its_declared_range_is_refused(bounds, fits, tmp_path, monkeypatch):
    _module(tmp_path, monkeypatch, "def metric(labels, outputs):\n    return 1.5\n")
    ranges = {} if bounds is None else {"own": bounds}
    arguments = ({"own": "own_metric:metric"}, LABELS, outputs_of(CALLED))

    if fits:
        assert score(*arguments, ranges=ranges) == {"own": 1.5}
    else:
        with pytest.raises(InvalidMetricError, match="outside its declared range 0 to 1"):
            score(*arguments, ranges=ranges)


@pytest.mark.parametrize(
    ("value", "bounds"), [("1 + 2**-52", (-1, 1)), ("-5e-10", (0, 1)), ("1e9 + 0.5", (0, 1e9))]
)
def test_a_rounding_above_its_range_is_inside(value, bounds, tmp_path, monkeypatch):
    _module(tmp_path, monkeypatch, f"def metric(labels, outputs):\n    return {value}\n")

    score({"own": "own_metric:metric"}, LABELS, outputs_of(CALLED), ranges={"own": bounds})


def test_every_metric_that_ships_declares_what_it_is_of_and_its_range():
    for info in metabench_metrics():
        low, high = info.range
        assert info.percent == (high == 1.0)
        regression = info.of == "numbers"
        rows = np.arange(10) if regression else LABELS
        outputs = outputs_of(CALLED)[:, :1] if regression else outputs_of(CALLED)
        for one in (outputs, -outputs):
            (value,) = score({info.name: info.target}, rows, one).values()
            assert low <= value <= high
        if regression:  # labels themselves: no error is below its range, no correlation above
            (value,) = score({info.name: info.target}, rows, rows[:, None] + 0.0).values()
            assert low <= value <= high
            assert value == (0.0 if info.error else pytest.approx(1.0))


def test_a_metric_that_raises_is_named(tmp_path, monkeypatch):
    _module(tmp_path, monkeypatch, "def metric(labels, outputs):\n    return 1 / 0\n")

    with pytest.raises(InvalidMetricError, match="metric 'own' failed: ZeroDivisionError"):
        score({"own": "own_metric:metric"}, LABELS, outputs_of(CALLED))


def test_a_metric_may_not_end_the_process_and_who_asks_it_to_stop_may(tmp_path, monkeypatch):
    body = "class Stop(SystemExit):\n    pass\n\ndef {}(labels, outputs):\n    raise {}(3)\n\n"
    source = body.format("exits", "SystemExit") + body.format("stops", "Stop")
    _module(tmp_path, monkeypatch, source)

    with pytest.raises(InvalidMetricError, match=r"metric 'own' failed: SystemExit\(3\)"):
        score({"own": "own_metric:exits"}, LABELS, outputs_of(CALLED))
    with pytest.raises(SystemExit) as caught:
        score({"own": "own_metric:stops"}, LABELS, outputs_of(CALLED))
    assert type(caught.value).__name__ == "Stop"


@pytest.mark.parametrize(
    ("origins", "where"), [({"own": "some 1.0"}, "own_metric:metric of some 1.0"),
                           ({}, "own_metric:metric"), (None, "own_metric:metric")],
)  # fmt: skip
def test_a_metric_that_fails_is_named_with_where_it_comes_from(
    origins, where, tmp_path, monkeypatch
):
    _module(tmp_path, monkeypatch, "def metric(labels, outputs):\n    return 1 / 0\n")

    with pytest.raises(InvalidMetricError, match="failed") as caught:
        score({"own": "own_metric:metric"}, LABELS, outputs_of(CALLED), origins=origins)
    assert caught.value.where == where


def test_a_metric_cannot_write_to_what_the_next_one_sees(tmp_path, monkeypatch):
    body = "labels[:] = 0\n    outputs[:] = 0\n    return 0\n"
    _module(tmp_path, monkeypatch, f"def metric(labels, outputs):\n    {body}")
    targets = {"own": "own_metric:metric", "accuracy": TARGETS["accuracy"]}

    assert score(targets, LABELS, outputs_of(CALLED))["accuracy"] == pytest.approx(0.7)


@pytest.mark.parametrize("target", ["no_such_module:x", "metabench.metrics.scores:nothing", ""])
def test_a_metric_that_cannot_be_loaded_is_a_plugin_error(target):
    with pytest.raises(PluginError, match="metric 'own' cannot be loaded"):
        score({"own": target}, LABELS, outputs_of(CALLED))


def _module(folder, monkeypatch, source):
    import sys

    (folder / "own_metric.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "own_metric", raising=False)


def test_a_prediction_beyond_the_labels_bounds_counts_as_the_bound():
    labels, outputs = np.array([0.0, 2.0, 5.0, 4.0]), np.array([[-3.0], [1.0], [11.0], [4.5]])

    found = score({"pearson": TARGETS["pearson"]}, labels, clipped(outputs, (0.0, 5.0)))

    expected = np.corrcoef(labels, [0.0, 1.0, 5.0, 4.5])[0, 1]
    assert found["pearson"] == pytest.approx(expected, abs=1e-12)
    assert abs(np.corrcoef(labels, outputs[:, 0])[0, 1] - expected) > 0.01
    assert clipped(outputs, None) is outputs
