"""Figures show what was measured, with alt text; the exercise checker cannot be passed by accident."""

import math

import numpy as np
import pytest

import eoslib as eos


@pytest.fixture(scope="module")
def runs():
    bowl = eos.quadratic([1.0, 10.0])
    return [eos.descend(bowl, eos.GradientDescent(lr=lr), steps=20, every=2, progress=False) for lr in (0.05, 0.1)]


def test_edge_draws_loss_over_sharpness_with_one_dashed_threshold_a_run(runs):
    top, bottom = eos.plots.edge(runs)
    np.testing.assert_array_equal(top.lines[1].get_ydata(), runs[1].loss)
    assert top.get_yscale() == "log" and bottom.get_ylim()[0] == 0
    measured, dashed = bottom.lines[0], bottom.lines[1]
    np.testing.assert_array_equal(measured.get_xdata(), np.arange(0, 21, 2))
    assert dashed.get_ydata() == [40.0, 40.0] and dashed.get_linestyle() == "--"
    assert [t.get_text() for t in bottom.texts] == ["2/η = 40", "2/η = 20"]
    assert top.get_shared_x_axes().joined(top, bottom)


def test_edge_in_time_eta_t(runs):
    top, _ = eos.plots.edge(runs[0], time="eta t")
    assert top.lines[0].get_xdata()[-1] == pytest.approx(20 * 0.05)


def test_spectrum_is_sorted_from_the_top():
    ax = eos.plots.spectrum(np.array([1.0, 3.0, -2.0]))
    assert ax.lines[0].get_ydata().tolist() == [3.0, 1.0, -2.0]


def test_functions_draw_into_the_axes_they_are_given(runs):
    fig, axes = eos.plots.figure(1, 2)
    assert eos.plots.loss(runs, ax=axes[0, 0]) is axes[0, 0]
    assert eos.plots.sharpness(runs, ax=axes[0, 1]) is axes[0, 1]
    assert axes[0, 0].figure is fig


def test_one_run_needs_no_list(runs):
    for draw in (eos.plots.loss, eos.plots.sharpness):
        assert len(draw(runs[0]).lines) == len(draw([runs[0]]).lines)


@pytest.mark.parametrize("alt", ["", "   ", "a plot"])
def test_show_demands_alternative_text(alt):
    with pytest.raises(ValueError, match="what the figure plots"):
        eos.plots.show(eos.plots.figure()[0], alt=alt)


def test_show_hands_the_alternative_text_to_the_page(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda figure, metadata: shown.append((figure, metadata)))
    fig, _ = eos.plots.figure()
    eos.plots.show(fig, alt="An empty pair of axes, for a test.")
    assert shown == [(fig, {"image/png": {"alt": "An empty pair of axes, for a test."}})]


def test_an_unknown_time_axis_is_a_sentence(runs):
    with pytest.raises(ValueError, match="use 'step' or 'eta t'"):
        eos.plots.edge(runs, time="hours")


@pytest.mark.parametrize(
    ("function", "says", "verdict"),
    [
        (lambda x: 2 * x, "correct", True),
        (lambda x: 2 * x + 1e-9, "correct", True),
        (lambda x: 2 * x + 1e-3, "not yet", False),
        (lambda x: math.nan, "not yet", False),
        (lambda x: None, "returned nothing", False),
        (lambda x: [2 * x], "shape", False),
    ],
)
def test_check_says_in_words_how_it_went(capsys, function, says, verdict):
    assert eos.check(function, [((1.0,), 2.0), ((3.0,), 6.0)]) is verdict
    assert says in capsys.readouterr().out


def test_check_allows_rounding_around_zero():
    assert eos.check(lambda: 1e-9, [((), 0.0)]) is True


def test_check_knows_a_stub_from_a_wrong_answer(capsys):
    def mine(x):
        raise NotImplementedError("Return twice x.")

    assert eos.check(mine, [((1.0,), 2.0)]) is False
    assert capsys.readouterr().out == "not written yet: mine. Return twice x.\n"


def test_check_compares_words_exactly_and_lets_real_errors_through(capsys):
    assert eos.check(lambda: "converges", [((), "converges")]) is True
    assert eos.check(lambda: "diverges", [((), "converges")]) is False
    with pytest.raises(ZeroDivisionError):
        eos.check(lambda: 1 / 0, [((), 1.0)])
    with pytest.raises(ValueError, match="no cases"):
        eos.check(lambda: 1, [])
