"""Measure: a photo to a `Scene`."""

from facereason.faces.covering import RegionEffect
from facereason.faces.look import Instrument

__all__ = ["Instrument", "RegionEffect"]
