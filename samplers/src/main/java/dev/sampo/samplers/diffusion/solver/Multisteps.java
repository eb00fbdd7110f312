package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.diffusion.math.Mix;

/** The multistep updates of DPM-Solver of order 1 to 3, each one pass: the differences D1 and D2 are spread over m0, m1, m2. */
final class Multisteps {
  private Multisteps() {}

  static void first(float[] x, DpmWeights w, History m, float[] z) {
    if (z.length == 0) {
      Mix.into(x, w.cx, x, w.b0, m.get(0));
    } else {
      Mix.into(x, w.cx, x, w.b0, m.get(0), w.cz, z);
    }
  }

  static void second(float[] x, DpmWeights w, History m, Levels l, int i, float[] z) {
    double h = l.lambda(i + 1) - l.lambda(i);
    double r0 = (l.lambda(i) - l.lambda(i - 1)) / h;
    double d1 = w.b1 / r0;
    if (z.length == 0) {
      Mix.into(x, w.cx, x, w.b0 + d1, m.get(0), -d1, m.get(1));
    } else {
      Mix.into(x, w.cx, x, w.b0 + d1, m.get(0), -d1, m.get(1), w.cz, z);
    }
  }

  static void third(float[] x, DpmWeights w, History m, Levels l, int i, float[] z) {
    double h = l.lambda(i + 1) - l.lambda(i);
    double r0 = (l.lambda(i) - l.lambda(i - 1)) / h;
    double r1 = (l.lambda(i - 1) - l.lambda(i - 2)) / h;
    double k = w.b2 / (r0 + r1);
    double g = w.b1Taylor * r0 / (r0 + r1);
    // Weights of D10 = (m0 - m1) / r0 and D11 = (m1 - m2) / r1; at h = 0 both vanish.
    double d10 = h == 0 ? 0 : (w.b1Taylor + g + k) / r0;
    double d11 = h == 0 ? 0 : -(g + k) / r1;
    Mix.into(x, w.cx, x, w.b0 + d10, m.get(0), d11 - d10, m.get(1), -d11, m.get(2));
    if (z.length > 0) {
      Mix.into(x, 1, x, w.cz, z);
    }
  }
}
