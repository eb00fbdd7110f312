package dev.sampo.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A small soak; memory is judged by {@code scripts/soak} only, which has a process of its own. */
class SoakTest {
  private static final Path MODELS =
      Path.of(System.getProperty("sampo.home"), "exporter-specs", "models");

  @Test
  void generate_whenFourThreadsMixAllFamilies_givesWhatOneThreadGives() throws Exception {
    Soak.Report report = Soak.generate(MODELS, 300, 4);
    assertEquals(0, report.different(), report.toString());
    assertTrue(report.handlesAtEnd() <= report.handlesAtQuarter(), report.toString());
  }

  @Test
  void open_whenAgainAndAgain_givesTheSameAndKeepsNoHandles() throws Exception {
    Soak.Report report = Soak.openAndClose(MODELS, 20);
    assertEquals(0, report.different(), report.toString());
    assertTrue(report.handlesAtEnd() <= report.handlesAtQuarter(), report.toString());
  }
}
