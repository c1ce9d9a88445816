"""What the markets did since the venue last looked, however many prices that were: its lowest, highest and last."""

from core.domain.market import Observation


class Marks:
    """Conflates observations by market, so that a slow venue is shown less often and never falls behind."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Observation, Observation, Observation]] = {}

    def add(self, observation: Observation) -> None:
        """Count *observation* in."""
        known = self._seen.get(observation.market)
        if known is None:
            self._seen[observation.market] = (observation, observation, observation)
            return
        low, high, _ = known
        self._seen[observation.market] = (
            observation if observation.price < low.price else low,
            observation if observation.price > high.price else high,
            observation,
        )

    def take(self) -> list[Observation]:
        """The extremes and the last observation of each market since last asked, each once, oldest first."""
        seen, self._seen = self._seen, {}
        points = {id(point): point for three in seen.values() for point in three}
        return sorted(points.values(), key=lambda point: point.at)
