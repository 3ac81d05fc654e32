"""PyTorch's side of `bench engine`.

The computation is the authors': dense products of weights times masks, autograd, `create_graph` for the exact
meta-gradient (accumulated task by task, which is faster and smaller than one graph of all tasks).
"""

import sys

import torch
from torch.nn.functional import linear

from protocol import read, serve


def tensor(path, shape):
    return torch.frombuffer(read(path), dtype=torch.float32).clone().reshape(shape)


class Case:
    def __init__(self, request):
        widths, folder, n = request["widths"], request["folder"], request["n"]
        self.what, self.w0, self.layers = request["what"], request["w0"], len(widths) - 1
        self.params, self.masks = [], []
        for l in range(self.layers):
            shape = (widths[l + 1], widths[l])
            self.params += [tensor(f"{folder}/w{l}", shape), tensor(f"{folder}/b{l}", shape[:1])]
            self.masks.append(tensor(f"{folder}/m{l}", shape) if request["masked"] else None)
        self.coords = tensor(f"{folder}/coords", (n, widths[0]))
        self.targets = [tensor(f"{folder}/y{t}", (n, widths[-1])) for t in range(request["tasks"])]
        self.inner_steps, self.inner_lr = request["inner_steps"], request["inner_lr"]
        self.arrange()
        for param in self.params:
            param.requires_grad_()
        self.adam = torch.optim.Adam(self.params, lr=request["fit_lr"])

    def arrange(self):
        """For who keeps the weights otherwise."""

    def affine(self, l, h, params):
        weight = params[2 * l] if self.masks[l] is None else params[2 * l] * self.masks[l]
        return linear(h, weight, params[2 * l + 1])

    def loss(self, params, target):
        h = self.coords
        for l in range(self.layers):
            h = self.affine(l, h, params)
            if l + 1 < self.layers:
                h = torch.sin(self.w0 * h)
        return ((h - target) ** 2).mean()

    def gradient(self):
        loss = self.loss(self.params, self.targets[0])
        return loss, torch.autograd.grad(loss, self.params)

    def adam_step(self):
        self.adam.zero_grad()
        loss = self.loss(self.params, self.targets[0])
        loss.backward()
        self.adam.step()
        return loss, [param.grad for param in self.params]

    def maml(self):
        total, mean = 0.0, [torch.zeros_like(param) for param in self.params]
        for target in self.targets:
            adapted = self.params
            for _ in range(self.inner_steps):
                grads = torch.autograd.grad(self.loss(adapted, target), adapted, create_graph=True)
                adapted = [p - self.inner_lr * g for p, g in zip(adapted, grads)]
            loss = self.loss(adapted, target) / len(self.targets)
            for sum_, grad in zip(mean, torch.autograd.grad(loss, self.params)):
                sum_ += grad
            total += loss.detach()
        return total, mean

    def call(self):
        loss, grads = {"gradient": self.gradient, "adam": self.adam_step, "maml": self.maml}[self.what]()
        return float(loss.detach()), grads

    def answer(self):
        loss, grads = self.call()
        return loss, float(torch.sqrt(sum((g.double() ** 2).sum() for g in grads)))


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]))
    serve(f"PyTorch {torch.__version__}", Case)
