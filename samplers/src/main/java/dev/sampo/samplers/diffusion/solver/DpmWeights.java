package dev.sampo.samplers.diffusion.solver;

/**
 * The weights of a DPM-Solver step x_t = cx x_s + b0 D0 + b1 D1 + b2 D2 + cz z over h = lambda_t - lambda_s, for the four
 * algorithms. D0, D1 and D2 estimate the value and the derivatives by lambda of x0 (the ++ kinds) or of eps.
 *
 * <p>Lu et al. 2022, "DPM-Solver", arXiv:2206.00927, eq. 3.7 and appendix B; Lu et al. 2022, "DPM-Solver++", arXiv:2211.01095,
 * eq. 9, 12, 13 and, for the SDE kinds, section 5, eq. 18.
 *
 * <p>b2 of sde-dpmsolver++ follows diffusers: its last term is -1/2, where the limit of small h asks for +1/2, so that D2 is weighed by
 * -alpha_t in place of something that vanishes with h. Pictures that equal diffusers' are worth more here than the formula.
 */
final class DpmWeights {
  private final DpmAlgorithm algorithm;
  private final boolean midpoint;

  double cx;
  double b0;

  /** For D1 as {@code solver_type} says: midpoint or heun. */
  double b1;

  /** For D1 in third-order steps, always the Taylor form. */
  double b1Taylor;

  double b2;
  double cz;

  DpmWeights(DpmAlgorithm algorithm, boolean midpoint) {
    this.algorithm = algorithm;
    this.midpoint = midpoint;
  }

  void set(double alphaT, double sigmaT, double alphaS, double sigmaS, double h) {
    cz = 0;
    switch (algorithm) {
      case DPMSOLVER_PP -> {
        double e = Math.expm1(-h);
        cx = sigmaT / sigmaS;
        b0 = -alphaT * e;
        b1 = -0.5 * alphaT * e;
        b1Taylor = alphaT * (e / h + 1);
        b2 = -alphaT * ((e + h) / (h * h) - 0.5);
      }
      case DPMSOLVER -> {
        double e = Math.expm1(h);
        cx = alphaT / alphaS;
        b0 = -sigmaT * e;
        b1 = -0.5 * sigmaT * e;
        b1Taylor = -sigmaT * (e / h - 1);
        b2 = -sigmaT * ((e - h) / (h * h) - 0.5);
      }
      case SDE_DPMSOLVER_PP -> {
        double e = -Math.expm1(-2 * h);
        cx = sigmaT / sigmaS * Math.exp(-h);
        b0 = alphaT * e;
        b1 = 0.5 * alphaT * e;
        b1Taylor = alphaT * (e / (-2 * h) + 1);
        b2 = alphaT * ((e - 2 * h) / (4 * h * h) - 0.5);
        cz = sigmaT * Math.sqrt(Math.max(0, e));
      }
      case SDE_DPMSOLVER -> {
        double e = Math.expm1(h);
        cx = alphaT / alphaS;
        b0 = -2 * sigmaT * e;
        b1 = -sigmaT * e;
        b1Taylor = -2 * sigmaT * (e / h - 1);
        b2 = Double.NaN;
        cz = sigmaT * Math.sqrt(Math.expm1(2 * h));
      }
    }
    if (h == 0) {
      b1Taylor = 0;
      b2 = 0;
    }
    if (!midpoint) {
      b1 = b1Taylor;
    }
  }
}
