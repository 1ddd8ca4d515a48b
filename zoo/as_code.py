"""A model of one's own, logged as code."""

import cloudpickle
import mlflow


class AsCode(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        with open(context.artifacts["model"], "rb") as f:
            self.model = cloudpickle.load(f)

    def predict(self, context, model_input, params=None):
        return self.model.predict_proba(model_input)[:, 1]


mlflow.models.set_model(AsCode())
