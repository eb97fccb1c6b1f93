"""Labelled faces: one record, one adapter a data set."""

from facereason.data.datasets import DATASETS, DataError, DataSet, read
from facereason.data.records import Record

__all__ = ["DATASETS", "DataError", "DataSet", "Record", "read"]
