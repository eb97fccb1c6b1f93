"""Labelled faces: one record, one adapter a data set."""

from facereason.data.adapters import DATASETS
from facereason.data.datasets import held_out, is_here, read, scan, splits
from facereason.data.declaring import BadRow, DataError, DataSet
from facereason.data.records import Pose, Record

__all__ = [
    "DATASETS",
    "BadRow",
    "DataError",
    "DataSet",
    "Pose",
    "Record",
    "held_out",
    "is_here",
    "read",
    "scan",
    "splits",
]
