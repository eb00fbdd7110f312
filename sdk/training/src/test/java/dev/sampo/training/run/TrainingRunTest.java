package dev.sampo.training.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.training.TinyModels;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.SessionSetup;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import java.io.File;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingRunTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final OptimizerConfig OPTIMIZER = OptimizerConfig.adamW().withEmaDecay(0.95);
  @TempDir Path folder;

  static TrainingRun.Outcome run(
      RunConfig config, TrainingListener listener, CancellationToken token) throws Exception {
    return run(config, listener, token, Backend.PLAIN);
  }

  static TrainingRun.Outcome run(
      RunConfig config, TrainingListener listener, CancellationToken token, Backend backend)
      throws Exception {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    return new TrainingRun(config, listener)
        .run(
            Fingerprints.of(graph),
            states -> {
              TrainingState start =
                  states.getOrDefault("model", TrainingState.initial(graph, OPTIMIZER));
              FineTuner tuner =
                  FineTuners.open(graph, OPTIMIZER, backend, start, new SessionSetup(1));
              return new TunerJob(tuner, TinyModels::batch, 1, List.of(TinyModels.batch(5000)));
            },
            token);
  }

  static RunConfig config(Path out, long steps) {
    return RunConfig.of(out, steps, Schedule.cosine(0.02, 5, 60)).withCheckpoints(7, 2);
  }

  private static void assertSame(TrainingRun.Outcome a, TrainingRun.Outcome b) {
    TrainingState x = a.states().get("model");
    TrainingState y = b.states().get("model");
    assertEquals(x.step(), y.step());
    x.values().forEach((k, v) -> assertArrayEquals(v, y.values().get(k), k));
    x.average().forEach((k, v) -> assertArrayEquals(v, y.average().get(k), k));
  }

  @Test
  void run_cancelledAndResumed_endsBitForBitTheSame() throws Exception {
    TrainingRun.Outcome whole =
        run(config(folder.resolve("a"), 60), new TrainingListener() {}, CancellationToken.none());
    CancellationToken token = new CancellationToken();
    TrainingListener cancelling =
        new TrainingListener() {
          @Override
          public void onStep(long step, long steps, Map<String, Float> numbers) {
            if (step == 23) {
              token.cancel();
            }
          }
        };
    TrainingRun.Outcome cut = run(config(folder.resolve("b"), 60), cancelling, token);
    assertTrue(cut.cancelled());
    assertEquals(23, cut.step());
    TrainingRun.Outcome resumed =
        run(config(folder.resolve("b"), 60), new TrainingListener() {}, CancellationToken.none());
    assertFalse(resumed.cancelled());
    assertSame(whole, resumed);
    assertEquals(
        MetricsLog.read(folder.resolve("a/metrics.jsonl")),
        MetricsLog.read(folder.resolve("b/metrics.jsonl")));
    assertEquals(2, new CheckpointStore(folder.resolve("b/checkpoints"), 2).list().size());
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void run_killedAgainAndAgain_everyResumeLoadsAndTheEndIsTheSame(Backend backend)
      throws Exception {
    // -Dsampo.kills=50 is the long form.
    int kills = Integer.getInteger("sampo.kills", 4);
    RunConfig undisturbed = config(folder.resolve("a"), 2000);
    TrainingRun.Outcome whole =
        run(undisturbed, new TrainingListener() {}, CancellationToken.none(), backend);
    Path out = folder.resolve("killed");
    StepRandom random = new StepRandom(11, "kill", 0);
    int killed = 0;
    // So close together that the training is not over before the last one: it has 285 checkpoints.
    int farthest = Math.max(1, Math.min(12, 400 / kills));
    for (int i = 0; i < 200 && killed < kills; i++) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Killed.class.getName(),
                  out.toString(),
                  backend.name())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log.txt").toFile())
              .start();
      // Wait for its first step, then for a random number of checkpoints, and kill it in between.
      long wanted = lastStep(out) + 7 * (1 + random.nextInt(farthest));
      while (process.isAlive() && lastStep(out) < wanted) {
        process.waitFor(2, TimeUnit.MILLISECONDS);
      }
      process.waitFor(random.nextInt(20), TimeUnit.MILLISECONDS);
      killed += process.isAlive() ? 1 : 0;
      process.destroyForcibly().waitFor();
      if (!process.isAlive() && process.exitValue() == 0) {
        break;
      }
      assertEquals(137, process.exitValue(), Files.readString(folder.resolve("log.txt")));
    }
    assertEquals(kills, killed, "times killed");
    TrainingRun.Outcome end =
        run(config(out, 2000), new TrainingListener() {}, CancellationToken.none(), backend);
    assertSame(whole, end);
  }

  private static long lastStep(Path out) throws Exception {
    List<Path> all = new CheckpointStore(out.resolve("checkpoints"), 0).list();
    String name = all.isEmpty() ? "step-0" : all.get(all.size() - 1).getFileName().toString();
    return Long.parseLong(name.substring(5));
  }

  /** The run that is killed. */
  static final class Killed {
    public static void main(String[] args) throws Exception {
      RunConfig config = config(Path.of(args[0]), 2000);
      Backend backend = Backend.valueOf(args[1]);
      run(config, new TrainingListener() {}, CancellationToken.none(), backend);
    }
  }

  @Test
  void run_onDamagedCheckpoint_saysSoAndUsesTheOneBefore() throws Exception {
    run(config(folder, 21), new TrainingListener() {}, CancellationToken.none());
    Path newest = folder.resolve("checkpoints/step-000000021");
    Path file = newest.resolve("model.ckpt");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    SampoException e =
        assertThrows(
            SampoException.class,
            () -> run(config(folder, 30), new TrainingListener() {}, CancellationToken.none()));
    assertEquals(
        "The checkpoint "
            + newest
            + " is damaged: the checksum of model.ckpt is wrong. Remove that folder; the checkpoint"
            + " before it is used then.",
        e.getMessage());
    for (File inside : newest.toFile().listFiles()) {
      Files.delete(inside.toPath());
    }
    Files.delete(newest);
    TrainingRun.Outcome resumed =
        run(config(folder, 30), new TrainingListener() {}, CancellationToken.none());
    assertEquals(30, resumed.step());
  }

  @Test
  void run_onCheckpointOfAnotherModel_refuses() throws Exception {
    run(config(folder, 7), new TrainingListener() {}, CancellationToken.none());
    SampoException e =
        assertThrows(
            SampoException.class,
            () -> new CheckpointStore(folder.resolve("checkpoints"), 2).latest("0123456789abcdef"));
    assertTrue(e.getMessage().contains("belongs to another model"), e.getMessage());
  }

  @Test
  void save_whereNothingCanBeWritten_keepsTheLastGoodCheckpoint() throws Exception {
    run(config(folder, 7), new TrainingListener() {}, CancellationToken.none());
    Path checkpoints = folder.resolve("checkpoints");
    // A file stands where the next checkpoint's temporary folder should be made.
    Files.write(checkpoints.resolve(".step-000000014.part"), new byte[0]);
    SampoException e =
        assertThrows(
            SampoException.class,
            () -> run(config(folder, 14), new TrainingListener() {}, CancellationToken.none()));
    assertTrue(
        e.getMessage().startsWith("The checkpoint of step 14 cannot be written to " + folder),
        e.getMessage());
    String fingerprint = Fingerprints.of(TinyModels.graph(Trainable.all()));
    assertEquals(7, new CheckpointStore(checkpoints, 2).latest(fingerprint).step());
  }

  /** A file system of 24 KiB: a few checkpoints fit beside the metrics, then the disk is full. */
  private static FileSystem smallDisk() {
    return Jimfs.newFileSystem(
        Configuration.unix().toBuilder().setBlockSize(512).setMaxSize(24 << 10).build());
  }

  @Test
  void run_onADiskThatFillsUp_saysSoAndKeepsTheLastGoodCheckpoint() throws Exception {
    for (Backend backend : Backend.values()) {
      try (FileSystem disk = smallDisk()) {
        Path out = disk.getPath("/run");
        RunConfig all = config(out, 60).withCheckpoints(7, 0);
        SampoException e =
            assertThrows(
                SampoException.class,
                () -> run(all, new TrainingListener() {}, CancellationToken.none(), backend));
        assertTrue(
            e.getMessage()
                .matches(
                    "The (checkpoint|metrics) of step \\d+ cannot be written to /run: out of disk"
                        + " space. The .*checkpoint.* is untouched; free space and run the same"
                        + " command again."),
            e.getMessage());
        CheckpointStore store = new CheckpointStore(out.resolve("checkpoints"), 0);
        List<Path> kept = store.list();
        assertTrue(kept.size() >= 2, "checkpoints " + kept);
        String fingerprint = Fingerprints.of(TinyModels.graph(Trainable.all()));
        assertEquals(7L * kept.size(), store.latest(fingerprint).step());
        try (DirectoryStream<Path> left = Files.newDirectoryStream(out.resolve("checkpoints"))) {
          left.forEach(path -> assertFalse(path.toString().contains(".part"), "left: " + path));
        }
        // With space again the same run goes on and ends as an undisturbed one.
        for (Path old : kept.subList(0, kept.size() - 1)) {
          try (DirectoryStream<Path> files = Files.newDirectoryStream(old)) {
            for (Path file : files) {
              Files.delete(file);
            }
          }
          Files.delete(old);
        }
        TrainingRun.Outcome end =
            run(config(out, 60), new TrainingListener() {}, CancellationToken.none(), backend);
        Path apart = folder.resolve("whole-" + backend);
        assertSame(
            run(config(apart, 60), new TrainingListener() {}, CancellationToken.none(), backend),
            end);
      }
    }
  }

  /** Whose weights are lost after step 6. */
  private record Poisoned(Job job) implements Job {
    @Override
    public Map<String, Float> step(long step, double learningRate) {
      return job.step(step, learningRate);
    }

    @Override
    public Map<String, Float> evaluate() {
      return job.evaluate();
    }

    @Override
    public Map<String, TrainingState> states() {
      Map<String, TrainingState> states = job.states();
      TrainingState state = states.get("model");
      if (state.step() == 6) {
        state.values().get("b2")[1] = Float.NaN;
      }
      return states;
    }

    @Override
    public String fingerprint() {
      return job.fingerprint();
    }

    @Override
    public void close() {
      job.close();
    }
  }

  @Test
  void run_thatLosesItsWeights_keepsTheLastGoodCheckpoint() throws Exception {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    OptimizerConfig wild = OptimizerConfig.sgd();
    RunConfig config = RunConfig.of(folder, 20, Schedule.constant(1e-3)).withCheckpoints(2, 0);
    TrainingState start = TrainingState.initial(graph, wild);
    SampoException e =
        assertThrows(
            SampoException.class,
            () ->
                new TrainingRun(config, new TrainingListener() {})
                    .run(
                        Fingerprints.of(graph),
                        states ->
                            new Poisoned(
                                new TunerJob(
                                    FineTuners.open(
                                        graph, wild, Backend.PLAIN, start, new SessionSetup(1)),
                                    TinyModels::batch,
                                    1,
                                    List.of())),
                        CancellationToken.none()));
    assertEquals(
        "Weight 'b2' of model holds NaN after step 6. No checkpoint is made of it; the one before"
            + " stays. Lower the learning rate or clip gradients (maxGradNorm).",
        e.getMessage());
    CheckpointStore store = new CheckpointStore(folder.resolve("checkpoints"), 0);
    assertEquals(4, store.latest(Fingerprints.of(graph)).step());
  }

  @Test
  void run_withPatienceButNoValidationData_refuses() throws Exception {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    RunConfig config = RunConfig.of(folder, 20, Schedule.constant(1e-3)).withEvaluation(5, 2);
    SampoException e =
        assertThrows(
            SampoException.class,
            () ->
                new TrainingRun(config, new TrainingListener() {})
                    .run(
                        Fingerprints.of(graph),
                        states ->
                            new TunerJob(
                                FineTuners.open(graph, OPTIMIZER, Backend.PLAIN),
                                TinyModels::batch,
                                1,
                                List.of()),
                        CancellationToken.none()));
    assertTrue(e.getMessage().startsWith("Early stopping needs validation data"), e.getMessage());
  }

  @Test
  void run_withoutProgress_stopsEarly() throws Exception {
    RunConfig stuck = RunConfig.of(folder, 500, Schedule.constant(1e-12)).withEvaluation(5, 3);
    TrainingRun.Outcome outcome = run(stuck, new TrainingListener() {}, CancellationToken.none());
    assertTrue(outcome.stoppedEarly());
    assertTrue(outcome.step() <= 25, "stopped at " + outcome.step());
  }

  @Test
  void schedule_atItsCorners_isWhatWasAskedFor() {
    Schedule cosine = Schedule.cosine(1.0, 10, 110);
    assertEquals(0.1, cosine.rate(0), 1e-12);
    assertEquals(1.0, cosine.rate(10), 1e-12);
    assertEquals(0.5, cosine.rate(60), 1e-12);
    assertEquals(0.0, cosine.rate(110), 1e-12);
    Schedule linear = Schedule.linear(2.0, 0, 4);
    assertEquals(2.0, linear.rate(0), 1e-12);
    assertEquals(0.5, linear.rate(3), 1e-12);
    assertEquals(3.0, Schedule.constant(3).rate(99), 1e-12);
  }

  @Test
  void order_overTwoEpochs_takesEachExampleOnceAnEpoch() {
    Order order = new Order(10, 3, 4);
    boolean[] seen = new boolean[10];
    for (int step = 3; step < 6; step++) {
      for (int i : order.at(step)) {
        assertFalse(seen[i], "twice: " + i);
        seen[i] = true;
      }
    }
    assertArrayEquals(new Order(10, 3, 4).at(4), order.at(4));
  }
}
