"""Ratios of paired times and how far they can be trusted. Pure functions; no I/O."""

import math
import random
import statistics

RESAMPLES = 2000
CONFIDENCE = 0.95
# Of five pairs of equals, all five lie on one side of 1 by chance once in sixteen times: more often than 5%.
FEWEST = 6


def median(values):
    return statistics.median(values)


def geometric_mean(values):
    """Of positive numbers; an empty list has none."""
    if not values:
        raise ValueError("there is no geometric mean of nothing")
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))


def paired_ratios(pairs):
    """`[(a, b)]` → a/b of each pair: both were measured within a moment, so that what slows the machine for
    longer slows both."""
    return [a / b for a, b in pairs]


def interval(samples, confidence=CONFIDENCE):
    """The middle part of sorted or unsorted samples, by linear interpolation between order statistics."""
    samples = sorted(samples)

    def at(quantile):
        place = quantile * (len(samples) - 1)
        low = math.floor(place)
        high = min(low + 1, len(samples) - 1)
        return samples[low] + (samples[high] - samples[low]) * (place - low)

    outside = (1 - confidence) / 2
    return at(outside), at(1 - outside)


def bootstrap_medians(ratios, seed, resamples=RESAMPLES):
    """Medians of resampled ratios; the same seed gives the same ones."""
    generator = random.Random(seed)
    return [median(generator.choices(ratios, k=len(ratios))) for _ in range(resamples)]


class Ratio:
    """a/b of one benchmark: median of the paired ratios, its bootstrap interval, and the ratio of the minima."""

    def __init__(self, pairs, seed=0):
        if not pairs:
            raise ValueError("there is no ratio without a pair")
        ratios = paired_ratios(pairs)
        self.pairs = len(pairs)
        self.value = median(ratios)
        self.resampled = bootstrap_medians(ratios, seed)
        self.low, self.high = interval(self.resampled)
        self.of_minima = min(a for a, _ in pairs) / min(b for _, b in pairs)
        self.a = median([a for a, _ in pairs])
        self.b = median([b for _, b in pairs])

    @property
    def verdict(self):
        return verdict(self.low, self.high, self.pairs)


class MeanRatio:
    """The geometric mean of several `Ratio`s. Its interval says how far the noise of the measurement moves the
    mean; it says nothing of programs that were not measured."""

    def __init__(self, ratios):
        self.count = len(ratios)
        self.pairs = min(ratio.pairs for ratio in ratios)
        self.value = geometric_mean([ratio.value for ratio in ratios])
        columns = zip(*(ratio.resampled for ratio in ratios))
        self.low, self.high = interval([geometric_mean(column) for column in columns])
        self.of_minima = geometric_mean([ratio.of_minima for ratio in ratios])

    @property
    def verdict(self):
        return verdict(self.low, self.high, self.pairs)


def verdict(low, high, pairs):
    """What an interval allows to be said of a time ratio."""
    if pairs < FEWEST:
        return "too few pairs"
    if high < 1:
        return "faster"
    if low > 1:
        return "slower"
    return "within noise"
