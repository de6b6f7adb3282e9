"""Training: objective, optimizers, batches, the loop. It knows neither tables nor any particular network."""

from netable.train.batches import Batches
from netable.train.checkpoint import Checkpoint
from netable.train.history import Epoch, History, Phase, Reading
from netable.train.loop import train, train_epoch
from netable.train.metrics import METRICS, metric_names, metrics
from netable.train.objective import Objective
from netable.train.optim import Schedule, make_optimizer, schedule_factor
from netable.train.plan import Candidate, HeldOut, TrainingPlan
from netable.train.probe import gradient_norms
from netable.train.scale import TargetScale, learn_scale
from netable.train.smearing import fit_smearing
from netable.train.stopping import EarlyStopping

__all__ = [
    "METRICS",
    "Batches",
    "Candidate",
    "Checkpoint",
    "EarlyStopping",
    "Epoch",
    "HeldOut",
    "History",
    "Objective",
    "Phase",
    "Reading",
    "Schedule",
    "TargetScale",
    "TrainingPlan",
    "fit_smearing",
    "gradient_norms",
    "learn_scale",
    "make_optimizer",
    "metric_names",
    "metrics",
    "schedule_factor",
    "train",
    "train_epoch",
]
