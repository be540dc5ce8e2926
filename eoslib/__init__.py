"""eoslib: watch the sharpness while gradient descent trains.

Data flow one way: data set + network + loss → Objective → descend(optimizer) → Trajectory → plots, widgets.
"""

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
    from eoslib.lab import Lab

__all__ = [
    "Dataset",
    "Eigenpairs",
    "GaussNewton",
    "GradientDescent",
    "Lab",
    "Landscape",
    "Objective",
    "Point",
    "Preconditioned",
    "SharpnessTracker",
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


def __getattr__(name: str) -> Any:
    if name == "Lab":  # anywidget and IPython take a second to import, and only notebooks need them
        from eoslib.lab import Lab

        return Lab
    raise AttributeError(f"module 'eoslib' has no attribute {name!r}")
