"""What does a network, taught by the whole shop, expect of each stock point? Needs `onhand[deep]`.

Nothing heavy is imported before a network is taught.
"""

from onhand.forecast.neural.adapters import Adapted
from onhand.forecast.neural.architecture import Architecture
from onhand.forecast.neural.cnn import CNN
from onhand.forecast.neural.forecaster import Neural
from onhand.forecast.neural.gru import GRU
from onhand.forecast.neural.heads import Binned, NegativeBinomial, Point, Quantiles, Tweedie
from onhand.forecast.neural.lstm import LSTM
from onhand.forecast.neural.mlp import MLP
from onhand.forecast.neural.onnx import Served, export
from onhand.forecast.neural.pretraining import pretrain
from onhand.forecast.neural.rnn import RNN
from onhand.forecast.neural.trained import TrainedNeural
from onhand.forecast.neural.training import Epoch, Hiding, Training
from onhand.forecast.neural.zero_shot import ZeroShot

__all__ = [
    "CNN",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "Adapted",
    "Architecture",
    "Binned",
    "Epoch",
    "Hiding",
    "NegativeBinomial",
    "Neural",
    "Point",
    "Quantiles",
    "Served",
    "TrainedNeural",
    "Training",
    "Tweedie",
    "ZeroShot",
    "export",
    "pretrain",
]
