package dev.sampo.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scheduler file at fault is named; an option of the request at fault is that option. */
class SchedulerFileTest {
  @TempDir private Path temp;

  private Path modelWith(String scheduler) throws IOException {
    Path from = Fixtures.model("tiny_ddpm");
    List<Path> files;
    try (Stream<Path> all = Files.walk(from)) {
      files = all.filter(Files::isRegularFile).collect(Collectors.toList());
    }
    for (Path file : files) {
      Path to = temp.resolve(from.relativize(file).toString());
      Files.createDirectories(to.getParent());
      Files.copy(file, to);
    }
    Path file = temp.resolve("scheduler/scheduler_config.json");
    Files.writeString(file, scheduler);
    return file;
  }

  @Test
  void open_whenSchedulerFileIsNoJson_thenErrorNamesIt() throws IOException {
    Path file = modelWith("");
    for (String text : List.of("{\"_class_name\": ", "[1]")) {
      Files.writeString(file, text);
      ModelException e =
          assertThrows(ModelException.class, () -> DiffusionPipeline.open(temp).close());
      assertEquals(file, e.path());
      assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    }
  }

  @Test
  void generate_whenSchedulerFileHasAWrongValue_thenErrorNamesFileAndKey() throws IOException {
    Path file =
        modelWith("{\"_class_name\": \"DDPMScheduler\", \"num_train_timesteps\": \"many\"}");
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(temp)) {
      DiffusionRequest request = DiffusionRequest.builder().numInferenceSteps(2).build();
      ModelException e = assertThrows(ModelException.class, () -> pipeline.generate(request));
      assertEquals(file, e.path());
      assertTrue(e.getMessage().contains("num_train_timesteps"), e.getMessage());
      DiffusionRequest own =
          request.toBuilder().schedulerOption("num_train_timesteps", "few").build();
      assertThrows(RequestException.class, () -> pipeline.generate(own));
    }
  }
}
