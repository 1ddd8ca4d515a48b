"""A model of one's own, in the shapes that people give its answer."""

import mlflow
import numpy as np
import pandas as pd


class Answers(mlflow.pyfunc.PythonModel):
    def __init__(self, model, shape, classes, codes):
        self.model, self.shape = model, shape
        self.names = [name for _, name in sorted(zip(codes, classes))]

    def predict(self, context, model_input, params=None):
        if self.shape == "values":
            return self.model.predict(model_input)
        if self.shape == "array":
            return self.model.predict_proba(np.asarray(model_input, dtype=float))
        table = self.model.predict_proba(model_input)
        if self.shape == "one column":
            return table[:, 1]
        if self.shape == "classes":
            return pd.DataFrame(table, columns=self.names)
        if self.shape == "codes":
            return table
        if self.shape == "regrouped":  # as a merge or a groupby leaves it
            return pd.DataFrame({"score": table[:, 1]}, index=model_input.index).loc[model_input.sort_values("tenure").index]
        if self.shape == "other":
            return pd.DataFrame({f"P({self.names[0]})": table[:, 0]})
        return np.array(self.names)[table.argmax(axis=1)]
