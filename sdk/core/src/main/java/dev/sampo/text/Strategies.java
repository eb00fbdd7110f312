package dev.sampo.text;

import dev.sampo.samplers.text.Setting;
import java.util.List;

/** Which loop a configuration asks for. */
final class Strategies {
  private Strategies() {}

  static List<List<Job.Ended>> run(Job job, int[] negativeIds) {
    if (job.config.get(Setting.NUM_BEAMS) > 1) {
      return new BeamLoop(job).run(negativeIds);
    }
    return new SampleLoop(job).run(negativeIds);
  }
}
