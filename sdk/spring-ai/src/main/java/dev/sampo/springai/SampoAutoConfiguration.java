package dev.sampo.springai;

import dev.sampo.runtime.SessionConfig;
import dev.sampo.text.TextGenerator;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Beans for the models that {@code spring.ai.sampo.chat.model}, {@code .embedding.model} and {@code .image.model} name, where {@code
 * spring.ai.model.chat} and so on name no other provider than {@code sampo}.
 */
@AutoConfiguration
@ConditionalOnClass(ChatModel.class)
@EnableConfigurationProperties(SampoProperties.class)
public class SampoAutoConfiguration {

  /** Spring makes it. */
  public SampoAutoConfiguration() {}

  private static SessionConfig session(SampoProperties properties) {
    SessionConfig.Builder session = SessionConfig.builder();
    Integer threads = properties.intraOpThreads();
    if (threads != null) {
      session.intraOpThreads(threads);
    }
    return session.build();
  }

  private static Path folder(@Nullable String model) {
    return Paths.get(model == null ? "" : model);
  }

  /** The chat model. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty("spring.ai.sampo.chat.model")
  @ConditionalOnProperty(
      name = "spring.ai.model.chat",
      havingValue = "sampo",
      matchIfMissing = true)
  static class Chat {
    @Bean
    @ConditionalOnMissingBean
    TextGenerator sampoTextGenerator(SampoProperties properties) {
      SampoProperties.Chat chat = properties.chat();
      return TextGenerator.open(folder(chat == null ? null : chat.model()), session(properties));
    }

    @Bean
    @ConditionalOnMissingBean
    SampoChatModel sampoChatModel(
        TextGenerator generator,
        SampoProperties properties,
        ObjectProvider<ObservationRegistry> registry) {
      var options = ToolCallingChatOptions.builder(); // has a parameter since Spring AI 2
      SampoProperties.Chat chat = properties.chat();
      if (chat != null) {
        options
            .temperature(chat.temperature())
            .topP(chat.topP())
            .topK(chat.topK())
            .maxTokens(chat.maxTokens())
            .stopSequences(chat.stopSequences());
      }
      return new SampoChatModel(
          generator, options.build(), registry.getIfUnique(() -> ObservationRegistry.NOOP));
    }
  }

  /** The embedding model. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty("spring.ai.sampo.embedding.model")
  @ConditionalOnProperty(
      name = "spring.ai.model.embedding",
      havingValue = "sampo",
      matchIfMissing = true)
  static class Embeddings {
    @Bean
    @ConditionalOnMissingBean
    SampoEmbeddingModel sampoEmbeddingModel(SampoProperties properties) {
      SampoProperties.Folder embedding = properties.embedding();
      return SampoEmbeddingModel.open(folder(embedding == null ? null : embedding.model()));
    }
  }

  /** The image model. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty("spring.ai.sampo.image.model")
  @ConditionalOnProperty(
      name = "spring.ai.model.image",
      havingValue = "sampo",
      matchIfMissing = true)
  static class Images {
    @Bean
    @ConditionalOnMissingBean
    SampoImageModel sampoImageModel(SampoProperties properties) {
      SampoProperties.Folder image = properties.image();
      return SampoImageModel.open(folder(image == null ? null : image.model()));
    }
  }
}
