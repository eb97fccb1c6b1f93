"""Measure: a photo to a `Scene`."""

from facereason.faces.covering import RegionEffect
from facereason.faces.explaining import Explanation
from facereason.faces.look import Instrument

__all__ = ["Explanation", "Instrument", "RegionEffect"]
