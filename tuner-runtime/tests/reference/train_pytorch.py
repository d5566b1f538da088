"""Writes reference values of layers, losses, optimisers and schedules, computed by PyTorch.

    pip install torch
    python tuner-runtime/tests/reference/train_pytorch.py > tuner-runtime/tests/reference/train_pytorch.json

Everything is computed in double precision from a fixed seed. Parameters are written in the order
and the layout of tuner's layers: dense and recurrent weights are inputs by outputs, and the two
biases that PyTorch's recurrent layers add up are one.
"""

import json

import torch
from torch import nn

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().reshape(-1).tolist()]


def parameters(module, gradients):
    """The parameters of a module, or their gradients, as tuner lays them out."""
    pick = (lambda p: p.grad) if gradients else (lambda p: p.data)
    if isinstance(module, nn.Linear):
        return [pick(module.weight).T, pick(module.bias)]
    if isinstance(module, (nn.LSTM, nn.GRU)):
        result = []
        for layer in range(module.num_layers):
            wx, wh, bx, bh = (
                pick(getattr(module, f"{name}_l{layer}"))
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            result += [wx.T, wh.T]
            if isinstance(module, nn.LSTM):
                result.append(bx if gradients else bx + bh)
            else:
                last = 2 * module.hidden_size
                both = bx if gradients else torch.cat([bx[:last] + bh[:last], bx[last:]])
                result += [both, bh[last:]]
        return result
    return [pick(p) for p in module.parameters()]


def layer(name, modules, inputs, forward):
    for module in modules:
        for p in module.parameters():
            nn.init.normal_(p, std=0.5)
    outputs = forward(inputs)
    functional = torch.randn(outputs.shape)
    (outputs * functional).sum().backward()
    return {
        "name": name,
        "rows": inputs.shape[0],
        "inputs": numbers(inputs),
        "parameters": [numbers(p) for m in modules for p in parameters(m, False)],
        "outputs": numbers(outputs),
        "functional": numbers(functional),
        "gradients": [numbers(p) for m in modules for p in parameters(m, True)],
    }


def layers():
    dense = nn.Linear(4, 3)
    yield layer("dense", [dense], torch.randn(5, 4), dense)
    conv = nn.Conv2d(2, 3, 3)
    yield layer("conv2d valid", [conv], torch.randn(2, 2, 6, 5), conv)
    conv = nn.Conv2d(2, 3, 3, padding="same")
    yield layer("conv2d same", [conv], torch.randn(2, 2, 5, 4), conv)
    conv = nn.Conv2d(2, 3, 2, stride=2)
    yield layer("conv2d stride", [conv], torch.randn(2, 2, 7, 6), conv)
    # Pooling has no parameters: a convolution before it receives its gradient.
    for name, pool in (
        ("max pool", nn.MaxPool2d(2)),
        ("max pool stride", nn.MaxPool2d(3, stride=2)),
        ("average pool", nn.AvgPool2d(2)),
    ):
        conv = nn.Conv2d(1, 2, 2)
        yield layer(name, [conv], torch.randn(2, 1, 8, 7), lambda x: pool(conv(x)))
    lstm = nn.LSTM(3, 4, num_layers=2, batch_first=True)
    yield layer("lstm", [lstm], torch.randn(3, 5, 3), lambda x: lstm(x)[0][:, -1])
    gru = nn.GRU(3, 4, num_layers=2, batch_first=True)
    yield layer("gru", [gru], torch.randn(3, 5, 3), lambda x: gru(x)[0])
    conv, norm = nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3, eps=1e-3)
    yield layer("batch norm", [conv, norm], torch.randn(3, 2, 4, 4), lambda x: norm(conv(x)))
    dense, norm = nn.Linear(4, 6), nn.LayerNorm(6, eps=1e-3)
    yield layer("layer norm", [dense, norm], torch.randn(5, 4), lambda x: norm(dense(x)))
    table = nn.Embedding(6, 3)
    indices = torch.tensor([[0, 5, 5, 2], [1, 1, 3, 0]])
    yield layer("embedding", [table], indices, table)
    for name, function in (
        ("Relu", nn.ReLU()),
        ("LeakyRelu", nn.LeakyReLU(0.1)),
        ("Elu", nn.ELU()),
        ("Selu", nn.SELU()),
        ("Gelu", nn.GELU()),
        ("Silu", nn.SiLU()),
        ("Softplus", nn.Softplus()),
        ("Tanh", nn.Tanh()),
        ("Sigmoid", nn.Sigmoid()),
    ):
        dense = nn.Linear(3, 7)
        yield layer(name, [dense], torch.randn(4, 3), lambda x: function(dense(x)))


def losses():
    classes = torch.tensor([2, 0, 1, 2])
    values = torch.rand(4, 3)
    for name, loss, targets in (
        ("CrossEntropy", nn.CrossEntropyLoss(), classes),
        ("BinaryCrossEntropy", nn.BCEWithLogitsLoss(), values),
        ("Mse", nn.MSELoss(), values),
        ("Mae", nn.L1Loss(), values),
        ("Huber", nn.HuberLoss(delta=0.7), values),
    ):
        outputs = torch.randn(4, 3, requires_grad=True)
        value = loss(outputs, targets)
        value.backward()
        yield {
            "name": name,
            "outputs": numbers(outputs),
            "targets": numbers(targets),
            "loss": value.item(),
            "gradient": numbers(outputs.grad),
        }


def optimizers():
    makers = {
        "Sgd": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01),
        "Sgd momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "Sgd nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        "Adam": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), weight_decay=0.02),
        "AdamW": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1),
        "RmsProp": lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-7),
        "Adam clipped": lambda p: torch.optim.Adam(p, lr=0.05),
    }
    for name, maker in makers.items():
        p = torch.randn(6, requires_grad=True)
        start = numbers(p)
        optimizer = maker([p])
        gradients, values = [], []
        for _ in range(8):
            p.grad = torch.randn(6)
            gradients.append(numbers(p.grad))
            if name == "Adam clipped":
                torch.nn.utils.clip_grad_norm_([p], 1.5)
            optimizer.step()
            values.append(numbers(p))
        yield {"name": name, "start": start, "gradients": gradients, "values": values}


def schedules():
    makers = {
        "Step": lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5),
        "Exponential": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.8),
        "Cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 10, eta_min=0.1),
    }
    for name, maker in makers.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = maker(optimizer)
        factors = []
        for _ in range(10):
            factors.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        yield {"name": name, "factors": factors}


def entries(name, values):
    lines = ",\n".join("  " + json.dumps(value) for value in values)
    return f' "{name}": [\n{lines}\n ]'


sections = {
    "layers": layers(),
    "losses": losses(),
    "optimizers": optimizers(),
    "schedules": schedules(),
}
body = ",\n".join(entries(name, values) for name, values in sections.items())
print(f'{{\n "torch": "{torch.__version__.split("+")[0]}",\n{body}\n}}')
