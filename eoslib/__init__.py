"""eoslib: watch the sharpness while gradient descent trains.

Data flow one way: data set + network + loss → Objective → descend(optimizer) → Trajectory → plots, widgets.
"""

import importlib
from typing import TYPE_CHECKING, Any

from eoslib import (
    measures,
    plots,
    tasks,
    tasks_edge,
    tasks_lanczos,
    tasks_parabolas,
    tasks_reproduce,
    tasks_stabilisation,
    tasks_thresholds,
    theory,
)
from eoslib.adaptive import Adam, RMSProp
from eoslib.batches import batch_sharpness
from eoslib.cifar import cifar10
from eoslib.convolutional import cnn, resnet32, vgg11
from eoslib.curvature import Eigenpairs, dense_hessian, sharpness_gradient, top_eigenpairs
from eoslib.data import Dataset, chebyshev, digits, whitened_linear
from eoslib.descent import Descent, descend
from eoslib.flows import flow
from eoslib.landscape import Landscape, Point, quadratic
from eoslib.language import transformer, wikitext2
from eoslib.log import Visit
from eoslib.measures import taylor
from eoslib.memory import keep_memory
from eoslib.networks import chebyshev_net, deep_linear, fc, mlp
from eoslib.objective import Objective
from eoslib.operators import GaussNewton, Preconditioned
from eoslib.optimizers import SAM, SGD, GradientDescent, Nesterov, Polyak
from eoslib.record import Record, load_record, save_record
from eoslib.schedules import Drop, InverseSharpness, WarmUp
from eoslib.spectrum import SpectralDensity, TraceEstimate, hessian_trace, spectral_density
from eoslib.sweeps import sweep
from eoslib.tasks import check
from eoslib.tracker import SharpnessTracker
from eoslib.trajectory import Trajectory

if TYPE_CHECKING:
    from eoslib.explorables import Landscape2D, Quadratic, SelfStabilisation
    from eoslib.lab import Lab
    from eoslib.replay import Replay
    from eoslib.sketch import Sketch
    from eoslib.training import Live, live

__all__ = [
    "SAM", "SGD", "Adam", "Dataset", "Descent", "Drop", "Eigenpairs", "GaussNewton", "GradientDescent",
    "InverseSharpness", "Lab", "Landscape", "Landscape2D", "Live", "Nesterov", "Objective", "Point", "Polyak",
    "Preconditioned", "Quadratic", "RMSProp", "Record", "Replay", "SelfStabilisation", "SharpnessTracker", "Sketch",
    "SpectralDensity", "TraceEstimate", "Trajectory", "Visit", "WarmUp", "batch_sharpness", "chebyshev",
    "chebyshev_net", "check", "cifar10", "cnn", "deep_linear", "dense_hessian", "descend", "digits", "fc", "flow",
    "hessian_trace", "keep_memory", "live", "load_record", "measures", "mlp", "plots", "quadratic", "resnet32",
    "save_record", "sharpness_gradient", "spectral_density", "sweep", "tasks", "tasks_edge", "tasks_lanczos",
    "tasks_parabolas", "tasks_reproduce", "tasks_stabilisation", "tasks_thresholds", "taylor", "theory",
    "top_eigenpairs", "transformer", "vgg11", "whitened_linear", "wikitext2",
]  # fmt: skip


_WIDGETS = {
    "Lab": "lab",
    "Landscape2D": "explorables",
    "Live": "training",
    "Quadratic": "explorables",
    "Replay": "replay",
    "SelfStabilisation": "explorables",
    "Sketch": "sketch",
    "live": "training",
}


def __getattr__(name: str) -> Any:
    if name in _WIDGETS:  # anywidget and IPython take a second to import, and only notebooks need them
        return getattr(importlib.import_module(f"eoslib.{_WIDGETS[name]}"), name)
    raise AttributeError(f"module 'eoslib' has no attribute {name!r}")
