"""Recorded spikes as responses: tables of counts, spike times, NWB files."""
