"""Contract suites that authors of plug-ins subclass in their own tests.

Use `paretocaps.testing.trainer.TrainerContract` for a trainer, `paretocaps.testing.executor.ExecutorContract`
for an executor, `paretocaps.testing.family.FamilyContract` for a family, and
`paretocaps.testing.routing.RoutingContract` for a routing. They need pytest, which the rest of paretocaps
does not.
"""
