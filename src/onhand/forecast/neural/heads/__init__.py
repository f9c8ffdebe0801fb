"""What can a network say of a future period? A mean, or a whole distribution, each with its loss."""

from onhand.forecast.neural.heads.binned import Binned
from onhand.forecast.neural.heads.head import LEVELS, Head, SpreadHead, TellsMean, TellsSpread
from onhand.forecast.neural.heads.negative_binomial import NegativeBinomial
from onhand.forecast.neural.heads.point import Point
from onhand.forecast.neural.heads.quantiles import Quantiles
from onhand.forecast.neural.heads.tweedie import Tweedie

__all__ = [
    "LEVELS",
    "Binned",
    "Head",
    "NegativeBinomial",
    "Point",
    "Quantiles",
    "SpreadHead",
    "TellsMean",
    "TellsSpread",
    "Tweedie",
]
