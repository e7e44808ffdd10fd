"""Train a classifier on scikit-learn's handwritten digits, with its Deck live while it learns.

    livedeck run examples/train_digits.py train_digits --epochs 20            # here, in this process
    livedeck run --remote examples/train_digits.py train_digits --epochs 60   # on the server

Three tasks: load and split the data, train a multi-layer perceptron by stochastic gradient descent written in
numpy, evaluate it on the digits that it never saw. `train` publishes its Deck after every epoch: watch the
curves grow, and stop it when they say so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from livedeck import Deck, Resources, current_context, task, workflow

CLASSES = 10
SIDE = 8  # pixels: the digits are 8 x 8, 17 shades
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Split(NamedTuple):
    """Images have the shape (n, 64), values 0 to 1; labels the shape (n,), values 0 to 9."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


@dataclass
class Score:
    """How well a model does on images that it was not trained on."""

    accuracy: float
    mistakes: int
    images: int


@task(enable_deck=True)
def load_and_split(test_fraction: float, seed: int) -> Split:
    """Load the digits and keep a part of them for the evaluation."""
    digits = load_digits()
    images = (digits.data / 16.0).astype(np.float32)
    parts = train_test_split(images, digits.target, test_size=test_fraction, random_state=seed, stratify=digits.target)
    train_images, test_images, train_labels, test_labels = parts

    deck = Deck("data")
    deck.value("images to train on", len(train_images))
    deck.value("images to test on", len(test_images))
    deck.append("<h3>One of each</h3>" + gallery([(images[digits.target == k][0], str(k)) for k in range(CLASSES)]))
    return Split(train_images, train_labels, test_images, test_labels)


@task(enable_deck=True, requests=Resources(cpu="1"))
def train(
    images: np.ndarray, labels: np.ndarray, epochs: int, learning_rate: float, hidden: int, seed: int
) -> list[np.ndarray]:
    """Fit a perceptron with two hidden layers; return its weights and biases, layer by layer."""
    random = np.random.default_rng(seed)
    held_out = len(images) // 10
    order = random.permutation(len(images))
    check_images, check_labels = images[order[:held_out]], labels[order[:held_out]]
    images, labels = images[order[held_out:]], labels[order[held_out:]]
    model = initial_weights([SIDE * SIDE, hidden, hidden // 2, CLASSES], random)
    momentum = [np.zeros_like(part) for part in model]

    ctx = current_context()
    deck = TrainingDeck(epochs)
    for epoch in range(1, epochs + 1):
        rate = learning_rate * 0.5 * (1 + np.cos(np.pi * epoch / (epochs + 1)))
        with threadpool_limits(1):  # products of matrices this small are slower on several threads
            for batch, targets in batches(images, labels, random):
                step(model, momentum, gradients(model, batch, targets), rate)

        training, validation = measure(model, images, labels), measure(model, check_images, check_labels)
        deck.show_epoch(epoch, training, validation, rate)
        deck.show_weights(epoch, model)
        deck.show_misread(model, check_images, check_labels)
        ctx.publish_decks()
        if epoch % 10 == 0 or epoch == epochs:
            print(f"epoch {epoch}/{epochs}: loss {training.loss:.4f}, validation accuracy {validation.accuracy:.2%}")
    return model


class Measured(NamedTuple):
    """How well a model does on some images."""

    loss: float  # mean cross-entropy
    accuracy: float  # share of the images that are read right


class TrainingDeck:
    """The Deck of a training: how far it is, how well the model does, and what it misreads."""

    def __init__(self, epochs: int) -> None:
        self.deck = Deck("training")
        self.done = self.deck.progress("epochs", total=epochs, unit="epochs")
        self.deck.value("validation accuracy", None, unit="%", up_is_good=True)
        self.deck.value("best so far", None, unit="%", up_is_good=True)
        self.deck.value("training loss", None, up_is_good=False)
        self.deck.value("learning rate", None)
        self.losses = self.deck.chart("Loss", x_label="epoch", y_label="cross-entropy", log_y=True)
        self.accuracies = self.deck.chart("Accuracy", x_label="epoch", y_label="share of images")
        self.rates = self.deck.chart("Learning rate", x_label="epoch")
        self.norms = self.deck.chart("Weights", x_label="epoch", y_label="norm")
        self.misread = Deck("misread")
        self.best = 0.0

    def show_epoch(self, epoch: int, training: Measured, validation: Measured, rate: float) -> None:
        """Add one epoch to the curves; the tiles show the newest."""
        accuracy = 100 * validation.accuracy
        self.best = max(self.best, accuracy)
        self.deck.value("validation accuracy", round(accuracy, 2), unit="%")
        self.deck.value("best so far", round(self.best, 2), unit="%")
        self.deck.value("training loss", round(training.loss, 5))
        self.deck.value("learning rate", round(rate, 5))
        self.losses.append(epoch, training=training.loss, validation=validation.loss)
        self.accuracies.append(epoch, training=training.accuracy, validation=validation.accuracy)
        self.rates.append(epoch, rate=rate)
        self.done.update(epoch)

    def show_weights(self, epoch: int, model: list[np.ndarray]) -> None:
        """Add how large the weights of each layer are."""
        self.norms.append(
            epoch, {f"layer {i // 2 + 1}": float(np.linalg.norm(model[i])) for i in range(0, len(model), 2)}
        )

    def show_misread(self, model: list[np.ndarray], images: Floats, labels: Integers) -> None:
        """Show what the model misreads now, in place of what it misread before."""
        guesses = probabilities(model, images).argmax(axis=1)
        wrong = np.flatnonzero(guesses != labels)
        samples = [(images[i], f"{labels[i]} read as {guesses[i]}") for i in wrong[:40]]
        self.misread.replace(gallery(samples) if samples else "<p>None of the images kept aside.</p>")


@task(enable_deck=True)
def evaluate(model: list[np.ndarray], images: np.ndarray, labels: np.ndarray) -> Score:
    """Test the model on the images kept aside; show where it errs."""
    guesses = probabilities(model, images).argmax(axis=1)
    wrong = np.flatnonzero(guesses != labels)
    score = Score(accuracy=float(1 - len(wrong) / len(labels)), mistakes=len(wrong), images=len(labels))

    deck = Deck("evaluation")
    deck.value("accuracy", round(100 * score.accuracy, 2), unit="%")
    deck.value("mistakes", score.mistakes)
    deck.append("<h3>Confusion matrix</h3>" + confusion_matrix(labels, guesses))
    samples = [(images[i], f"{labels[i]} read as {guesses[i]}") for i in wrong[:20]]
    deck.append("<h3>Misread digits</h3>" + (gallery(samples) if samples else "<p>None at all.</p>"))
    return score


@workflow
def train_digits(
    epochs: int = 40, learning_rate: float = 0.02, hidden: int = 512, test_fraction: float = 0.25, seed: int = 7
) -> Score:
    """Train on handwritten digits and evaluate.

    Args:
        epochs: how many times to go over the training images
        learning_rate: step size of the first epoch; it falls to nothing along a cosine
        hidden: units in the first hidden layer; the second has half as many
        test_fraction: share of the images kept for the evaluation
        seed: seed of the split, of the first weights and of the order of the images

    Returns:
        How the model does on the images kept for the evaluation.
    """
    split = load_and_split(test_fraction=test_fraction, seed=seed)
    model = train(
        images=split.train_images,
        labels=split.train_labels,
        epochs=epochs,
        learning_rate=learning_rate,
        hidden=hidden,
        seed=seed,
    )
    return evaluate(model=model, images=split.test_images, labels=split.test_labels)


def initial_weights(sizes: list[int], random: np.random.Generator) -> list[np.ndarray]:
    """Weights after He et al. (2015), biases of zero: [w1, b1, w2, b2, ...]."""
    model: list[np.ndarray] = []
    for inputs, outputs in pairwise(sizes):
        model.append(random.normal(0, np.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32))
        model.append(np.zeros(outputs, np.float32))
    return model


def batches(
    images: Floats, labels: Integers, random: np.random.Generator, size: int = 16, copies: int = 8
) -> Iterator[tuple[Floats, Integers]]:
    """One epoch of shuffled mini-batches; each image comes in `copies` versions, moved by up to a pixel and noisy."""
    order = random.permutation(np.repeat(np.arange(len(images)), copies))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        squares = images[chosen].reshape(-1, SIDE, SIDE)
        moved = np.roll(squares, tuple(random.integers(-1, 2, 2)), axis=(1, 2)).reshape(len(chosen), -1)
        noise = random.normal(0, 0.05, moved.shape).astype(np.float32)
        yield moved + noise, labels[chosen]


def forward(model: list[np.ndarray], images: Floats) -> list[Floats]:
    """The activations of each layer, the images first; the last are the logits."""
    layers = [images]
    last = len(model) - 2
    for i in range(0, len(model), 2):
        sums = layers[-1] @ model[i] + model[i + 1]
        layers.append(sums if i == last else np.maximum(sums, 0))
    return layers


def probabilities(model: list[np.ndarray], images: Floats) -> Floats:
    """Class probabilities, shape (n, 10)."""
    logits = forward(model, images)[-1]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


def gradients(model: list[np.ndarray], images: Floats, labels: Integers) -> list[np.ndarray]:
    """Of the mean cross-entropy, with regard to each part of the model."""
    layers = forward(model, images)
    exponentials = np.exp(layers[-1] - layers[-1].max(axis=1, keepdims=True))
    delta = exponentials / exponentials.sum(axis=1, keepdims=True)
    delta[np.arange(len(labels)), labels] -= 1
    delta /= len(labels)
    found: list[np.ndarray] = []
    for i in range(len(model) - 2, -1, -2):
        below = layers[i // 2]
        found[:0] = [below.T @ delta, delta.sum(axis=0)]
        delta = (delta @ model[i].T) * (below > 0)
    return found


def step(model: list[np.ndarray], momentum: list[np.ndarray], slopes: list[np.ndarray], rate: float) -> None:
    """One step of gradient descent with momentum, in place."""
    for part, speed, slope in zip(model, momentum, slopes, strict=True):
        speed *= 0.9
        speed -= rate * slope
        part += speed


def measure(model: list[np.ndarray], images: Floats, labels: Integers) -> Measured:
    """Compare what the model reads with what the images are."""
    guessed = probabilities(model, images)
    loss = -np.log(guessed[np.arange(len(labels)), labels] + 1e-9).mean()
    return Measured(float(loss), float((guessed.argmax(axis=1) == labels).mean()))


def gallery(samples: list[tuple[Floats, str]]) -> str:
    """Digits as small pictures with captions."""
    figures = "".join(
        f"<figure style='margin:0;text-align:center'>{picture(image)}"
        f"<figcaption style='font-size:.8em;opacity:.75'>{caption}</figcaption></figure>"
        for image, caption in samples
    )
    return f"<div style='display:flex;flex-wrap:wrap;gap:1rem'>{figures}</div>"


def picture(image: Floats) -> str:
    """One digit as an SVG of 8 x 8 squares."""
    squares = "".join(
        f"<rect x='{i % SIDE}' y='{i // SIDE}' width='1.02' height='1.02' fill-opacity='{value:.2f}'/>"
        for i, value in enumerate(image)
        if value > 0.03
    )
    return f"<svg viewBox='0 0 {SIDE} {SIDE}' width='64' height='64' fill='currentColor'>{squares}</svg>"


def confusion_matrix(labels: Integers, guesses: Integers) -> str:
    """A table: rows are what the digit is, columns what it was read as."""
    counts = np.zeros((CLASSES, CLASSES), int)
    np.add.at(counts, (labels, guesses), 1)
    shares = counts / counts.sum(axis=1, keepdims=True).clip(1)
    head = "".join(f"<th>{k}</th>" for k in range(CLASSES))
    rows = "".join(
        f"<tr><th>{k}</th>" + "".join(cell(counts[k, j], shares[k, j], right=j == k) for j in range(CLASSES)) + "</tr>"
        for k in range(CLASSES)
    )
    return (
        "<table style='border-collapse:collapse;text-align:center'>"
        f"<thead><tr><th>is \\ read as</th>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def cell(count: int, share: float, *, right: bool) -> str:
    """One cell, the stronger the colour the larger the share of its row."""
    colour = "46,160,67" if right else "218,54,51"
    strength = share if right else min(1.0, 6 * share)
    return f"<td style='padding:.35em .6em;background:rgba({colour},{0.85 * strength:.2f})'>{count or ''}</td>"
