"""SparseProp's side of `bench engine` (Nikdan et al. 2023): PyTorch whose layers of at least 80 % zeros, the library's
own rule, are its `SparseLinear`; the others stay dense products of weights times masks.

Its backward pass is opaque to autograd, hence not differentiable once more: there is no exact meta-gradient.
"""

import sys
from importlib.metadata import version

import torch
from sparseprop.modules.functions import SparseLinearFunction
from sparseprop.modules.utils import to_csr_2d

import torch_peer
from protocol import NotComputed, serve

SPARSE_BELOW = 0.2


class Case(torch_peer.Case):
    def arrange(self):
        if self.what == "maml":
            raise NotComputed("its backward pass cannot be differentiated")
        self.lists = [None] * self.layers
        for l, mask in enumerate(self.masks):
            if mask is None or mask.mean() > SPARSE_BELOW:
                continue
            # A weight that is 0 and not pruned would be dropped from the lists.
            weight = torch.where((mask > 0) & (self.params[2 * l] == 0), 1e-30, self.params[2 * l] * mask)
            self.params[2 * l], self.lists[l] = to_csr_2d(weight)
        if not any(self.lists):
            raise NotComputed("no layer has 80 % zeros")

    def affine(self, l, h, params):
        if self.lists[l] is None:
            return super().affine(l, h, params)
        rows = params[2 * l + 1].shape[0]
        return SparseLinearFunction.apply(h, params[2 * l], self.lists[l], params[2 * l + 1], rows)


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]))  # its own threads: OMP_NUM_THREADS
    serve(f"SparseProp {version('sparseprop')} on PyTorch {torch.__version__}", Case)
