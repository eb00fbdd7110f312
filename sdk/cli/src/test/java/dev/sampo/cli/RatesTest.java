package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RatesTest {
  @Test
  void of_slowAndFast_keepsTheFiguresThatCount() {
    assertEquals("1234", Rates.of(1234.4));
    assertEquals("4.3", Rates.of(4.26));
    assertEquals("0.25", Rates.of(0.2512));
    assertEquals("0.0031", Rates.of(0.00314));
    assertEquals("0.000010", Rates.of(0.00001));
    assertEquals("0", Rates.of(0));
    assertEquals("0", Rates.of(Double.NaN));
  }
}
