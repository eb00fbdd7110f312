package dev.sampo.springai;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * {@code spring.ai.sampo.*}.
 *
 * @param chat {@code chat.model}: folder of a model that generates text, and what a call does not set
 * @param embedding {@code embedding.model}: folder of a text encoder
 * @param image {@code image.model}: folder of a diffusion model
 * @param intraOpThreads threads of each model; left out for as many as there are cores
 */
@ConfigurationProperties("spring.ai.sampo")
public record SampoProperties(
    @Nullable Chat chat,
    @Nullable Folder embedding,
    @Nullable Folder image,
    @Nullable Integer intraOpThreads) {

  /**
   * A model's folder.
   *
   * @param model the path
   */
  public record Folder(@Nullable String model) {}

  /**
   * The chat model.
   *
   * @param model the path
   * @param temperature 0 for the likeliest token; left out for the model's own settings
   * @param topP draws among the likeliest tokens that have this probability together
   * @param topK draws among so many
   * @param maxTokens most tokens of an answer
   * @param stopSequences what ends an answer
   */
  public record Chat(
      @Nullable String model,
      @Nullable Double temperature,
      @Nullable Double topP,
      @Nullable Integer topK,
      @Nullable Integer maxTokens,
      @Nullable List<String> stopSequences) {}
}
