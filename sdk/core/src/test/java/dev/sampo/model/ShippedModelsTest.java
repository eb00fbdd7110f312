package dev.sampo.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.specs.Card;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShippedModelsTest {
  private static List<Path> folders() throws IOException {
    try (Stream<Path> all =
        Files.list(Paths.get(System.getProperty("sampo.home"), "exporter-specs", "models"))) {
      return all.filter(Files::isDirectory).sorted().collect(Collectors.toList());
    }
  }

  @Test
  void open_whenShipped_meetsItsSpecAndHasACard() throws IOException {
    assertFalse(folders().isEmpty());
    for (Path folder : folders()) {
      ModelFolder model = ModelFolder.open(folder);
      assertTrue(model.inspect().meetsSpec(), folder.toString());
      assertEquals(folder.getFileName().toString(), model.name());
      assertTrue(Files.isRegularFile(folder.resolve("README.md")), folder.toString());
      Card card =
          model.sampoJson() != null
              ? model.sampoJson().card()
              : model.card() == null ? null : model.card().card();
      assertTrue(card != null && !card.quality().isEmpty(), folder + " has no card");
      assertEquals(model.family().label(), card.family(), folder.toString());
    }
  }

  // A card may leave out a discriminator, a file may hold constants beside its weights.
  @Test
  void parameterCount_whenShipped_isAboutWhatTheCardSays() throws IOException {
    for (Path folder : folders()) {
      ModelFolder model = ModelFolder.open(folder);
      Card card = model.sampoJson() != null ? model.sampoJson().card() : model.card().card();
      double ratio = (double) model.inspect().parameterCount() / card.parameters();
      assertTrue(
          ratio > 0.8 && ratio < 1.6,
          folder + ": " + model.inspect().parameterCount() + " of " + card.parameters());
    }
  }
}
