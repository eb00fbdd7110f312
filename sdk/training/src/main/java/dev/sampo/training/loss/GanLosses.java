package dev.sampo.training.loss;

import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.Value;
import dev.sampo.training.graph.Objective;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The two objectives of a GAN. Models {@code generator} (z -> sample) and {@code discriminator} (sample -> score);
 * a {@code class_label} that either takes is shared. The model that the other run trains is
 * {@link dev.sampo.training.graph.TrainingGraph.Builder#live}.
 */
public enum GanLosses {
  /** Goodfellow et al. 2014, arXiv:1406.2661: softplus(-D(x)) + softplus(D(G(z))), softplus(-D(G(z))). */
  NON_SATURATING {
    @Override
    Value real(Emitter g, Value score) {
      return g.op("Softplus", g.neg(score));
    }

    @Override
    Value fake(Emitter g, Value score) {
      return g.op("Softplus", score);
    }

    @Override
    Value made(Emitter g, Value score) {
      return g.op("Softplus", g.neg(score));
    }
  },
  /** Lim and Ye 2017, arXiv:1705.02894: max(0, 1 - D(x)) + max(0, 1 + D(G(z))), -D(G(z)). */
  HINGE {
    @Override
    Value real(Emitter g, Value score) {
      return g.op("Relu", g.sub(g.scalar(1), score));
    }

    @Override
    Value fake(Emitter g, Value score) {
      return g.op("Relu", g.add(g.scalar(1), score));
    }

    @Override
    Value made(Emitter g, Value score) {
      return g.neg(score);
    }
  },
  /** Arjovsky et al. 2017, arXiv:1701.07875: D(G(z)) - D(x), -D(G(z)); clip the discriminator's weights. */
  WASSERSTEIN {
    @Override
    Value real(Emitter g, Value score) {
      return g.neg(score);
    }

    @Override
    Value fake(Emitter g, Value score) {
      return g.op("Identity", score);
    }

    @Override
    Value made(Emitter g, Value score) {
      return g.neg(score);
    }
  };

  abstract Value real(Emitter g, Value score);

  abstract Value fake(Emitter g, Value score);

  abstract Value made(Emitter g, Value score);

  /** Trains the discriminator on inputs {@code sample} (real) and {@code z}. Reports {@code real_score}, {@code fake_score}. */
  public Objective discriminator() {
    return scope -> {
      Emitter g = scope.graph();
      Map<String, Value> made = scope.run("generator", Map.of());
      Value real = Losses.output(scope.run("discriminator", Map.of()), "score");
      Value fake =
          Losses.output(
              scope.run("discriminator", Map.of("sample", Losses.output(made, "sample"))), "score");
      scope.metric("real_score", g.meanAll(real));
      scope.metric("fake_score", g.meanAll(fake));
      return g.add(g.meanAll(real(g, real)), g.meanAll(fake(g, fake)));
    };
  }

  /** Trains the generator on input {@code z} through the discriminator. */
  public Objective generator() {
    return scope -> {
      Emitter g = scope.graph();
      Map<String, Value> made = new LinkedHashMap<>(scope.run("generator", Map.of()));
      Value score =
          Losses.output(
              scope.run("discriminator", Map.of("sample", Losses.output(made, "sample"))), "score");
      return g.meanAll(made(g, score));
    };
  }
}
