package dev.sampo.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sampo.error.ModelException;
import dev.sampo.runtime.ForeignFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the small files of a model folder; a message names the file. */
final class ModelFiles {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ModelFiles() {}

  static String text(Path file) {
    ModelException.refuseSpecial(file);
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      if (text.trim().isEmpty()) {
        throw new ModelException(
            file, "File " + file + " is empty. Copy it again from where the model came from.");
      }
      String is = text.startsWith("version https://git-lfs") ? ForeignFiles.describe(file) : null;
      if (is != null) {
        throw new ModelException(file, "File " + file + " " + is);
      }
      return text;
    } catch (IOException e) {
      throw new ModelException(file, "File " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  static JsonNode json(Path file) {
    try {
      return MAPPER.readTree(text(file));
    } catch (JsonProcessingException e) {
      throw new ModelException(
          file,
          "File "
              + file
              + " is not valid JSON: "
              + e.getOriginalMessage()
              + (e.getLocation() == null
                  ? ""
                  : " at line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr())
              + ". Copy it again from where the model came from.",
          e);
    }
  }
}
