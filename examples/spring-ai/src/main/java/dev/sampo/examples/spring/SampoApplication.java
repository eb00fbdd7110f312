package dev.sampo.examples.spring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/**
 * A Spring Boot application with Sampo behind Spring AI's interfaces, in its own process: {@code spring.ai.sampo.image.model} and {@code
 * spring.ai.sampo.chat.model} name the folders. It writes a picture of {@code sample.picture} to {@code sample.out}, and answers {@code sample.question}
 * where there is a chat model.
 */
@SpringBootApplication
public class SampoApplication {
  /** Spring makes it. */
  public SampoApplication() {}

  /** Starts it; arguments such as {@code --sample.picture=3} are properties. */
  public static void main(String[] args) {
    SpringApplication.run(SampoApplication.class, args).close();
  }

  @Bean
  CommandLineRunner sample(
      ImageModel images,
      ObjectProvider<ChatModel> chat,
      org.springframework.core.env.Environment environment) {
    return args -> {
      Path out = Path.of(environment.getProperty("sample.out", "picture.png"));
      picture(images, environment.getProperty("sample.picture", "7"), out);
      System.out.println("wrote " + out);
      ChatModel model = chat.getIfAvailable();
      if (model != null) {
        String question = environment.getProperty("sample.question", "Who are you?");
        System.out.println(ChatClient.create(model).prompt(question).call().content());
      }
    };
  }

  private static void picture(ImageModel images, String what, Path out) throws IOException {
    String png = images.call(new ImagePrompt(what)).getResult().getOutput().getB64Json();
    Files.write(out, Base64.getDecoder().decode(png));
  }
}
