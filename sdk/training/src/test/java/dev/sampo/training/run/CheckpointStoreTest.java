package dev.sampo.training.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.training.TinyModels;
import dev.sampo.training.files.CheckpointFile;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.graph.TrainingState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointStoreTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  @TempDir Path folder;

  private static TrainingState state(long step) {
    float[] values = new float[300];
    for (int i = 0; i < values.length; i++) {
      values[i] = step + i * 0.5f;
    }
    return new TrainingState(
        step,
        Map.of("w", values, "mean", values),
        Map.of("w", values),
        Map.of("w", values),
        Map.of());
  }

  private static ObjectNode info() {
    return JSON.createObjectNode().put("worse", 0);
  }

  /** -Dsampo.crashes=50 is the long form. */
  @Test
  void save_whenThePowerGoesAtAnyOperation_theLastCheckpointAlwaysLoads() throws Exception {
    int crashes = Integer.getInteger("sampo.crashes", 50);
    for (int crash = 0; crash < crashes; crash++) {
      Random random = new Random(crash);
      LossyDisk disk = new LossyDisk();
      Path run = disk.path("/run");
      long done = 0;
      for (int life = 0; life < 4; life++) {
        CheckpointStore store = new CheckpointStore(run, 1 + random.nextInt(2));
        disk.failAfter(1 + random.nextInt(120));
        long step = done;
        try {
          store.lock().close();
          while (true) {
            store.save(step + 1, "f", Map.of("model", state(step + 1)), info());
            step++;
          }
        } catch (LossyDisk.PowerLoss e) {
          disk.crash(random);
        }
        CheckpointStore.Saved saved = new CheckpointStore(run, 0).latest("f");
        // What save() has returned for is there, or the one that was under way.
        long found = saved == null ? 0 : saved.step();
        assertTrue(
            found == step || found == step + 1, "crash " + crash + ": " + found + " of " + step);
        if (saved != null) {
          assertArrayEquals(
              state(found).values().get("w"), saved.states().get("model").values().get("w"));
        }
        done = found;
      }
      assertTrue(disk.syncs > 0);
    }
  }

  @Test
  void run_whenThePowerGoesAgainAndAgain_goesOnAndEndsTheSame() throws Exception {
    int crashes = Integer.getInteger("sampo.crashes", 5);
    TrainingRun.Outcome whole =
        TrainingRunTest.run(
            TrainingRunTest.config(folder, 60),
            new TrainingListener() {},
            CancellationToken.none());
    LossyDisk disk = new LossyDisk();
    Path out = disk.path("/run");
    Random random = new Random(3);
    for (int crash = 0; crash < crashes; crash++) {
      disk.failAfter(1 + random.nextInt(90));
      try {
        TrainingRunTest.run(
            TrainingRunTest.config(out, 60), new TrainingListener() {}, CancellationToken.none());
        disk = new LossyDisk();
        out = disk.path("/run");
      } catch (LossyDisk.PowerLoss e) {
        disk.crash(random);
      }
      new CheckpointStore(out.resolve("checkpoints"), 0)
          .latest(Fingerprints.of(TinyModels.graph(Trainable.all())));
    }
    disk.failAfter(Long.MAX_VALUE);
    TrainingRun.Outcome end =
        TrainingRunTest.run(
            TrainingRunTest.config(out, 60), new TrainingListener() {}, CancellationToken.none());
    whole
        .states()
        .get("model")
        .values()
        .forEach((k, v) -> assertArrayEquals(v, end.states().get("model").values().get(k), k));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"crc32\": {}} | no checksums",
        "{\"crc32\": 5} | no checksums",
        "{\"step\": -5} | has the step -5",
        "{\"step\": 8} | has the step 8",
        "{\"step\": \"7\"} | has the step \"7\"",
        "{\"step\": 1e30} | has the step",
        "{\"step\": null} | has the step null",
        "{\"crc32\": {\"../../secret.ckpt\": 1}} | has the checksum ../../secret.ckpt",
        "{\"crc32\": {\"model.ckpt\": \"x\"}} | has the checksum model.ckpt",
        "{\"crc32\": {\"run.json\": 1}} | has the checksum run.json",
      })
  void latest_whenRunJsonSaysWhatCannotBe_saysSo(String change, String wanted) throws Exception {
    CheckpointStore store = new CheckpointStore(folder, 0);
    store.save(7, "f", Map.of("model", state(7)), info());
    Path checkpoint = folder.resolve("step-000000007");
    Path file = checkpoint.resolve("run.json");
    ObjectNode run = (ObjectNode) JSON.readTree(Files.readAllBytes(file));
    run.setAll((ObjectNode) JSON.readTree(change));
    Files.write(file, JSON.writeValueAsBytes(run));
    ModelException e = assertThrows(ModelException.class, () -> store.latest("f"));
    assertTrue(e.getMessage().contains(wanted), e.getMessage());
    assertEquals(checkpoint, e.path());
  }

  @Test
  void latest_whenRunJsonIsMutated_throwsOnlyItsOwn() throws Exception {
    CheckpointStore store = new CheckpointStore(folder, 0);
    store.save(7, "f", Map.of("model", state(7)), info());
    Path file = folder.resolve("step-000000007/run.json");
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = mutated(good, random);
      Files.write(file, bytes);
      try {
        store.latest("f");
      } catch (SampoException e) {
        assertTrue(e.getMessage().contains("step-000000007"), e.getMessage());
      }
    }
  }

  @Test
  void read_whenACheckpointIsMutated_throwsOnlyItsOwn() throws Exception {
    CheckpointStore store = new CheckpointStore(folder, 0);
    store.save(7, "f", Map.of("model", state(7)), info());
    byte[] good = Files.readAllBytes(folder.resolve("step-000000007/model.ckpt"));
    Path file = folder.resolve("mutated.ckpt");
    Random random = new Random(2);
    for (int i = 0; i < 600; i++) {
      Files.write(file, mutated(good, random));
      try {
        CheckpointFile.read(file);
      } catch (ModelException e) {
        assertEquals(file, e.path());
      }
    }
  }

  private static byte[] mutated(byte[] good, Random random) {
    byte[] bytes =
        random.nextInt(8) == 0
            ? java.util.Arrays.copyOf(good, random.nextInt(good.length))
            : good.clone();
    for (int k = random.nextInt(4); k >= 0 && bytes.length > 0; k--) {
      int at = random.nextInt(bytes.length);
      if (random.nextInt(3) == 0 && at + 4 <= bytes.length) {
        java.nio.ByteBuffer.wrap(bytes)
            .order(java.nio.ByteOrder.LITTLE_ENDIAN)
            .putInt(
                at,
                random.nextBoolean() ? Integer.MAX_VALUE - random.nextInt(9) : -random.nextInt(9));
      } else {
        bytes[at] = (byte) random.nextInt(256);
      }
    }
    return bytes;
  }

  @Test
  void run_whenAnotherTrainsInTheFolder_saysSo() throws Exception {
    TrainingListener second =
        new TrainingListener() {
          @Override
          public void onStep(long step, long steps, Map<String, Float> numbers) {
            if (step == 1) {
              SampoException e =
                  assertThrows(
                      SampoException.class,
                      () ->
                          TrainingRunTest.run(
                              TrainingRunTest.config(folder, 9),
                              new TrainingListener() {},
                              CancellationToken.none()));
              assertEquals(
                  "Another training runs in "
                      + folder
                      + ". Wait for its end, or use another output folder.",
                  e.getMessage());
            }
          }
        };
    TrainingRunTest.run(TrainingRunTest.config(folder, 2), second, CancellationToken.none());
    // The first one's end gives the folder free.
    assertEquals(
        3,
        TrainingRunTest.run(
                TrainingRunTest.config(folder, 3),
                new TrainingListener() {},
                CancellationToken.none())
            .step());
  }
}
