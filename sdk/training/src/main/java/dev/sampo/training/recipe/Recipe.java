package dev.sampo.training.recipe;

import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.run.Job;
import dev.sampo.training.run.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A model folder with data, ready to be trained. */
public interface Recipe {

  /** What is differentiated, by name: one graph, or a GAN's two. */
  Map<String, TrainingGraph> graphs();

  /** Opens a job at the given states; an empty map means at the start. */
  Job open(Map<String, TrainingState> states);

  /** The fingerprint of that job. */
  String fingerprint();

  /** Updates that suit the family if nothing else is asked for. */
  long defaultSteps();

  /** A schedule that suits the family. */
  Schedule defaultSchedule(long steps);

  /** Writes an ordinary model folder: the files of the original with the trained weights in them. */
  void export(Map<String, TrainingState> states, Path folder) throws IOException;
}
