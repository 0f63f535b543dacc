"""Laws of loaded runs: pandas by hand gives the leaderboard's numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import statsmodels.formula.api as smf
from matplotlib.figure import Figure

import metabench
from metabench.errors import NothingMatchedError, UsageError
from metabench.results.score_lines import ScoreLine

QUICKSTART = Path(__file__).parents[2] / "fixtures" / "quickstart" / "run"


@pytest.fixture(scope="module")
def quickstart():
    return metabench.load(QUICKSTART)


def by_hand(scores: pd.DataFrame) -> pd.DataFrame:
    """Average the primary metric over fine-tuning seeds, then over complete meta seeds."""
    primary = scores[scores.primary]
    seeds = primary.groupby(["method", "column", "meta_seed"]).score
    whole = seeds.mean().where(seeds.count() == seeds.size())
    return whole.groupby(["method", "column"]).mean().unstack()  # noqa: PD010


def test_scores_averaged_by_pandas_are_the_leaderboards_numbers(quickstart):
    means = quickstart.leaderboard().means
    mine = by_hand(quickstart.scores)

    for column in mine:
        for method in quickstart.methods:
            assert mine.loc[method, column] == pytest.approx(means.loc[method, column], abs=1e-12)
    targets = quickstart.scores.loc[quickstart.scores.role == "target", "column"].unique()
    assert mine[targets].mean(axis=1)["Joint"] == pytest.approx(means.loc["Joint", "average"])
    assert list(means.index) == list(quickstart.methods)


def test_a_failed_seed_has_a_line_without_a_score_and_leaves_its_mean_alone(make_run):
    run = metabench.load(make_run().folder)
    scores = run.scores.set_index(["method", "column", "meta_seed"])

    assert scores.loc[("Reptile", "mrpc", 1), "status"] == "diverged"
    assert scores.loc[("Reptile", "scitail", 0), "status"] == "missing"
    assert scores[scores.status != "ok"].score.isna().all()
    assert len(scores) == 3 * 3 * 3
    mine, means = by_hand(run.scores), run.leaderboard().means
    assert mine.loc["Reptile", "mrpc"] == pytest.approx((0.70 + 0.74) / 2)
    pd.testing.assert_frame_equal(mine, means.loc[mine.index, mine.columns], check_names=False)


def test_there_is_a_line_for_each_metric_and_one_is_primary(quickstart):
    scores = quickstart.scores
    place = ["method", "column", "meta_seed", "finetune_seed"]

    assert set(scores[scores.column == "embedded/equivalence"].metric) == {"accuracy", "f1"}
    assert (scores.groupby(place).primary.sum() == 1).all()
    assert not scores.duplicated([*place, "metric"]).any()
    assert list(scores.columns) == list(ScoreLine.__dataclass_fields__)


def test_the_size_is_the_number_of_training_examples(quickstart):
    sizes = quickstart.scores.groupby("column")["size"].unique().map(list)

    assert sizes["embedded/science@0.05"] == [50]
    assert sizes["embedded/science@0.3"] == [300]


def test_a_mixed_model_runs_on_the_scores(quickstart):
    scores = quickstart.scores[quickstart.scores.primary & (quickstart.scores.role == "target")]
    fitted = smf.mixedlm("score ~ C(method)", scores, groups=scores["column"]).fit()
    means = quickstart.leaderboard().means["average"]

    # Every method has the same tasks and seeds: the fixed effects are differences of averages.
    expected = means["Joint"] - means["FOMAML"]
    assert fitted.params["C(method)[T.Joint]"] == pytest.approx(expected, abs=1e-6)


def test_differences_are_those_of_the_leaderboard(quickstart):
    found = quickstart.differences().set_index(["method", "baseline", "column"])
    row = found.loc[("Joint", "Fine-tuning", "average")]
    scores = quickstart.scores[quickstart.scores.primary & (quickstart.scores.role == "target")]
    seeds = scores.groupby(["method", "meta_seed"]).score.mean()

    assert row.difference == pytest.approx((seeds["Joint"] - seeds["Fine-tuning"]).mean())
    assert row.low < row.difference < row.high
    assert set(quickstart.differences(baselines=["MAML"]).baseline) == {"MAML"}


def test_costs_are_those_of_the_leaderboard(quickstart):
    costs = quickstart.costs.set_index("method")

    assert list(costs.index) == list(quickstart.methods)
    assert costs.loc["MAML", "hvps"] > 0
    assert pd.isna(costs.loc["Fine-tuning", "updates"])


def test_plots_are_figures_of_matplotlib(quickstart):
    assert isinstance(quickstart.plot_differences(), Figure)
    assert isinstance(quickstart.plot_costs(), Figure)
    assert quickstart.plot_costs()._repr_png_().startswith(b"\x89PNG")  # what IPython asks for
    assert {"differences-1", "cost"} <= set(quickstart.figures)
    with pytest.raises(NothingMatchedError, match="there are no learning curves to plot"):
        quickstart.plot_curves()  # the records alone: no metrics.jsonl


def test_the_conclusion_is_that_of_the_leaderboard(quickstart):
    assert quickstart.conclusion == quickstart.leaderboard().conclusion
    assert quickstart.conclusion[0].startswith("Joint has the highest average")


def test_columns_and_metrics_can_be_chosen(quickstart):
    board = quickstart.leaderboard(columns=["equivalence"], metric="f1", sort="equivalence")
    scores = quickstart.scores[quickstart.scores.metric == "f1"]

    assert list(board.means.columns) == ["embedded/equivalence"]
    assert board.means.loc["Joint"].item() == pytest.approx(
        scores[scores.method == "Joint"].score.mean()
    )
    with pytest.raises(UsageError, match="there is no column 'nothing'"):
        quickstart.leaderboard(columns=["nothing"])


def test_predictions_are_asked_for_by_what_was_planned(quickstart):
    with pytest.raises(NothingMatchedError, match="nothing was planned for MAML, 7"):
        quickstart.predictions("MAML", meta_seed=7)


def test_a_run_that_does_not_exist_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NothingMatchedError, match="there is no run 'quickstat'"):
        metabench.load("quickstat")
    with pytest.raises(UsageError, match="no run folder is named"):
        metabench.load()


def test_several_runs_are_merged(make_run):
    first, second = make_run().folder, make_run("other", folder="second").folder
    both = metabench.load(first, second)

    assert both.folders == (first, second)
    assert both.name == "demo + other"
