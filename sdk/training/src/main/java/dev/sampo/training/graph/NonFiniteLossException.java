package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import java.util.List;

/** The loss or its gradient became NaN or infinite. The weights of before the step are kept. */
public final class NonFiniteLossException extends SampoException {
  private static final long serialVersionUID = 1;
  private final long step;
  private final List<String> largestGradients;

  /**
   * @param loss of the step; a finite one means that its gradient is not
   * @param largestGradients names and lengths, the largest first
   */
  public NonFiniteLossException(long step, float loss, List<String> largestGradients) {
    super(
        (Float.isFinite(loss)
                ? "The gradient is not finite at step " + step + " (the loss is " + loss + ")"
                : "The loss is " + loss + " at step " + step)
            + ". Largest gradients: "
            + (largestGradients.isEmpty() ? "not known" : String.join(", ", largestGradients))
            + ". Lower the learning rate, clip gradients (maxGradNorm) or look at the data; the"
            + " last checkpoint is from before this step.");
    this.step = step;
    this.largestGradients = List.copyOf(largestGradients);
  }

  public long step() {
    return step;
  }

  public List<String> largestGradients() {
    return largestGradients;
  }
}
