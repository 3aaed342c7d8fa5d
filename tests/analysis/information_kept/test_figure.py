"""The figure of what is kept."""

import numpy as np

from neurosim.analysis.information_kept.table import MEASURES


def test_the_figure_shows_the_table(maps):
    # oracle: the table
    figure = maps.plot()
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[:2] == ["linear = no rectification", "half-wave = ReLU"]
    drawn = [panel.images[0].get_array() for panel in figure.axes[1:]]
    table = maps.table.set_index("rectifier")
    assert np.hstack(drawn).shape == (7, len(MEASURES))
    assert drawn[0][:, 0].tolist() == table["energy kept"].tolist()
    assert figure.axes[1].texts[0].get_text() == f"{table['energy kept'].iloc[0]:.2f}"
    assert "measured-noise" not in figure.get_supxlabel()
