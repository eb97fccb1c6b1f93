"""Pure functions that compare an output with a label. The benchmark scores with them and training is rewarded by them:
one definition."""

from facereason.scoring.metrics import (
    accuracy,
    auc,
    calibration_error,
    cleaned_votes,
    f1,
    icc,
    landmark_error,
    macro_f1,
    majority,
    vote_distribution,
    wilson,
    within_one,
)
from facereason.scoring.outcomes import Outcome, answer_of, outcome, read_choice
from facereason.scoring.replies import Reply, read_reply
from facereason.scoring.rewards import (
    Truth,
    au_reward,
    consistency_reward,
    emotion_reward,
    every_reward,
    format_reward,
    length_reward,
    share_consistent,
    support_reward,
    total,
)
from facereason.scoring.rouge import rouge_l
from facereason.scoring.scorers import SCORERS, Score, scorer
from facereason.scoring.units import (
    UnitErrors,
    false_units_per_neutral_face,
    macro_unit_f1,
    micro_unit_f1,
    present_units,
    unit_errors,
)

__all__ = [
    "SCORERS",
    "Outcome",
    "Reply",
    "Score",
    "Truth",
    "UnitErrors",
    "accuracy",
    "answer_of",
    "au_reward",
    "auc",
    "calibration_error",
    "cleaned_votes",
    "consistency_reward",
    "emotion_reward",
    "every_reward",
    "f1",
    "false_units_per_neutral_face",
    "format_reward",
    "icc",
    "landmark_error",
    "length_reward",
    "macro_f1",
    "macro_unit_f1",
    "majority",
    "micro_unit_f1",
    "outcome",
    "present_units",
    "read_choice",
    "read_reply",
    "rouge_l",
    "scorer",
    "share_consistent",
    "support_reward",
    "total",
    "unit_errors",
    "vote_distribution",
    "wilson",
    "within_one",
]
