package dev.sampo.training.loss;

import dev.sampo.onnx.Emitter;
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
    String real(Emitter g, String score) {
      return g.op("Softplus", g.neg(score));
    }

    @Override
    String fake(Emitter g, String score) {
      return g.op("Softplus", score);
    }

    @Override
    String made(Emitter g, String score) {
      return g.op("Softplus", g.neg(score));
    }
  },
  /** Lim and Ye 2017, arXiv:1705.02894: max(0, 1 - D(x)) + max(0, 1 + D(G(z))), -D(G(z)). */
  HINGE {
    @Override
    String real(Emitter g, String score) {
      return g.op("Relu", g.sub(g.scalar(1), score));
    }

    @Override
    String fake(Emitter g, String score) {
      return g.op("Relu", g.add(g.scalar(1), score));
    }

    @Override
    String made(Emitter g, String score) {
      return g.neg(score);
    }
  },
  /** Arjovsky et al. 2017, arXiv:1701.07875: D(G(z)) - D(x), -D(G(z)); clip the discriminator's weights. */
  WASSERSTEIN {
    @Override
    String real(Emitter g, String score) {
      return g.neg(score);
    }

    @Override
    String fake(Emitter g, String score) {
      return g.op("Identity", score);
    }

    @Override
    String made(Emitter g, String score) {
      return g.neg(score);
    }
  };

  abstract String real(Emitter g, String score);

  abstract String fake(Emitter g, String score);

  abstract String made(Emitter g, String score);

  /** Trains the discriminator on inputs {@code sample} (real) and {@code z}. Reports {@code real_score}, {@code fake_score}. */
  public Objective discriminator() {
    return scope -> {
      Emitter g = scope.graph();
      Map<String, String> made = scope.run("generator", Map.of());
      String real = Losses.output(scope.run("discriminator", Map.of()), "score");
      String fake =
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
      Map<String, String> made = new LinkedHashMap<>(scope.run("generator", Map.of()));
      String score =
          Losses.output(
              scope.run("discriminator", Map.of("sample", Losses.output(made, "sample"))), "score");
      return g.meanAll(made(g, score));
    };
  }
}
