"""eoslib: watch the sharpness while gradient descent trains.

Data flow one way: data set + network + loss → Objective → descend(optimizer) → Trajectory → plots, widgets.
"""

import importlib
from typing import TYPE_CHECKING, Any

from eoslib import plots, theory
from eoslib.checks import check
from eoslib.curvature import Eigenpairs, SharpnessTracker, dense_hessian, top_eigenpairs
from eoslib.data import Dataset, chebyshev, digits
from eoslib.descent import descend
from eoslib.landscape import Landscape, Point, quadratic
from eoslib.networks import mlp
from eoslib.objective import Objective
from eoslib.operators import GaussNewton, Preconditioned
from eoslib.optimizers import GradientDescent
from eoslib.spectrum import SpectralDensity, TraceEstimate, hessian_trace, spectral_density
from eoslib.trajectory import Trajectory

if TYPE_CHECKING:
    from eoslib.explorables import Landscape2D, Quadratic, SelfStabilisation
    from eoslib.lab import Lab
    from eoslib.sketch import Sketch

__all__ = [
    "Dataset",
    "Eigenpairs",
    "GaussNewton",
    "GradientDescent",
    "Lab",
    "Landscape",
    "Landscape2D",
    "Objective",
    "Point",
    "Preconditioned",
    "Quadratic",
    "SelfStabilisation",
    "SharpnessTracker",
    "Sketch",
    "SpectralDensity",
    "TraceEstimate",
    "Trajectory",
    "chebyshev",
    "check",
    "dense_hessian",
    "descend",
    "digits",
    "hessian_trace",
    "mlp",
    "plots",
    "quadratic",
    "spectral_density",
    "theory",
    "top_eigenpairs",
]


_WIDGETS = {
    "Lab": "lab",
    "Landscape2D": "explorables",
    "Quadratic": "explorables",
    "SelfStabilisation": "explorables",
    "Sketch": "sketch",
}


def __getattr__(name: str) -> Any:
    if name in _WIDGETS:  # anywidget and IPython take a second to import, and only notebooks need them
        return getattr(importlib.import_module(f"eoslib.{_WIDGETS[name]}"), name)
    raise AttributeError(f"module 'eoslib' has no attribute {name!r}")
