"""The figure of all rectifiers: what is drawn where."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, Rectifier
from neurosim.models.rectifiers.figure import PANELS


def _panels(figure):
    """Titles and the labels of their curves."""
    return {
        axes.get_title(): {line.get_label(): line for line in axes.get_legend().get_lines()}
        for row in figure.subfigs
        for axes in row.axes
    }


def test_every_rectifier_of_the_drive_alone_is_in_a_panel_of_its_kind():
    # oracle: what each declares; the upper row by ConvNet names
    figure = RECTIFIERS.plot()
    panels = _panels(figure)
    upper = {axes.get_title() for axes in figure.subfigs[0].axes}
    assert {"figure 3.7 of Hadji & Wildes 2018", "simple cells and their paths"} <= set(panels)
    alone, drawn = [each for each in RECTIFIERS.values() if not each.regressors], 0
    for each in alone:
        for name in each.panels or ("your own",):
            title, drawn = PANELS.get(name, name), drawn + 1
            assert (each.convnet if title in upper else each.name) in panels[title]
    assert drawn == sum(len(lines) for lines in panels.values())


@pytest.mark.parametrize(
    ("panels", "title", "label"),
    [
        ((), "your own", "Mine"),
        (("power laws",), PANELS["power laws"], "mine"),
        (("X",), "X", "Mine"),
    ],
)
def test_a_new_one_is_drawn_where_it_says(family, panels, title, label):
    body = {"name": "mine", "convnet": "Mine", "latex": "", "source": "", "panels": panels}
    body["shape"] = staticmethod(lambda x: x.clip(min=0))
    body["slope"] = staticmethod(lambda x: 1.0 * (x > 0))
    type(Rectifier)("Mine", (Rectifier,), body)
    figure = family.plot()
    assert label in _panels(figure)[title]
    axes = next(a for row in figure.subfigs for a in row.axes if a.get_title() == title)
    line = next(each for each in axes.get_lines() if each.get_label() == label)
    assert line.get_ydata() == pytest.approx(np.maximum(line.get_xdata(), 0))


def test_paths_are_drawn_in_the_ratio_of_typical_gains():
    # oracle: 60 and 30 Hz
    x = np.array([-1.0, 2.0])
    assert RECTIFIERS["CReLU"].drawn(x) == pytest.approx([0.5, 2.0])
