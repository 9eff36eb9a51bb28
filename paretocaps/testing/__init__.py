"""Contract suites for outside authors: subclass them in your own tests.

`paretocaps.testing.trainer.TrainerContract` for a trainer, `paretocaps.testing.executor.ExecutorContract`
for an executor, `paretocaps.testing.routing.RoutingContract` for a routing. They need pytest, which the
rest of paretocaps does not.
"""
