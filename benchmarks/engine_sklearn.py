"""scikit-learn's SGD: one replica on one core, which shuffles each epoch instead of drawing independently."""

from sklearn.linear_model import SGDClassifier, SGDRegressor
from workloads import Stopwatch


class Prepared:
    def __init__(self, workload):
        self.A, self.y, alphas, _ = workload.data
        epochs = max(1, workload.steps // workload.n)
        options = dict(
            penalty="l2", alpha=workload.l2 or 1e-12, learning_rate="constant", eta0=float(alphas[0]),
            max_iter=epochs, tol=None, fit_intercept=False, random_state=0,
        )  # fmt: skip
        squared = workload.loss == "squared"
        self.model = SGDRegressor(**options) if squared else SGDClassifier(loss="log_loss", **options)
        # Share of the workload's replica-steps that one fit makes.
        self.share = epochs * workload.n / workload.replica_steps
        self.run()

    def run(self):
        watch = Stopwatch()
        self.model.fit(self.A, self.y)
        return watch.read("steps")


def prepare(engine, workload):
    return Prepared(workload) if workload.batch == 1 and workload.step_sizes == 1 else None
