"""The data sets that are known, one module a family of them, each declared as data."""

from facereason.data.adapters import attributes, bodies, choices, expressions, fer, headpose, instructions, studio
from facereason.data.declaring import DataSet

DATASETS: dict[str, DataSet] = {
    dataset.name: dataset
    for module in (fer, attributes, expressions, instructions, choices, headpose, bodies, studio)
    for dataset in module.SETS
}
