"""For pytest --nbval: run cells as Jupyter does, so that a trailing `;` hides an output there too."""

import os

from nbval.kernel import RunningKernel

os.environ["TQDM_DISABLE"] = "1"  # a progress bar is an output, and whether it shows depends on the machine's speed


def _execute(self: RunningKernel, source: str, allow_stdin: bool | None = None) -> str:
    return self.kc.execute(source, store_history=True, allow_stdin=bool(allow_stdin), stop_on_error=False)


RunningKernel.execute_cell_input = _execute  # nbval 0.11 passes store_history=False, its open issue 194
