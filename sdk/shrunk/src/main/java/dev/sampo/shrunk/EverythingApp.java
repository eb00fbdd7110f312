package dev.sampo.shrunk;

import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.Pixels;
import dev.sampo.picture.StyleGanPipeline;
import dev.sampo.picture.VaePipeline;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.TextGenerator;
import dev.sampo.training.graph.LoraConfig;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.recipe.Recipe;
import dev.sampo.training.recipe.RecipeOptions;
import dev.sampo.training.recipe.Recipes;
import dev.sampo.training.run.RunConfig;
import dev.sampo.training.run.TrainingListener;
import dev.sampo.training.run.TrainingRun;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;

/** An app that writes text, draws by diffusion, GANs and a VAE, and fine-tunes. */
public final class EverythingApp {
  private EverythingApp() {}

  /** Takes the folder with the models that ship, a text to train on, and an empty folder for what training leaves. */
  public static void main(String[] args) throws IOException {
    Path models = Paths.get(args[0]);
    TextApp.write(models.resolve("scripture-gpt"));
    DiffusionApp.draw(models.resolve("digits-diffusion"));
    try (GanPipeline gan = GanPipeline.open(models.resolve("digits-gan"))) {
      PictureRequest seven = PictureRequest.builder().seed(7).count(1).classLabel(7).build();
      for (Pixels picture : gan.sample(seven).pictures().pixels()) {
        DiffusionApp.print("gan", picture);
      }
    }
    try (VaePipeline vae = VaePipeline.open(models.resolve("digits-vae"))) {
      for (Pixels picture : vae.sample(PictureRequest.of(3, 1)).pictures().pixels()) {
        DiffusionApp.print("vae", picture);
      }
    }
    try (StyleGanPipeline styleGan = StyleGanPipeline.open(models.resolve("stylegan-digits"))) {
      PictureRequest one = PictureRequest.builder().seed(5).count(1).build();
      for (Pixels picture : styleGan.sample(one).pictures().pixels()) {
        DiffusionApp.print("stylegan", picture);
      }
    }
    train(models.resolve("scripture-lstm"), Paths.get(args[1]), Paths.get(args[2]));
  }

  private static void train(Path model, Path text, Path out) throws IOException {
    RecipeOptions options =
        RecipeOptions.of(text)
            .withBatch(2)
            .withLength(8)
            .withThreads(1)
            .withTrainable(Trainable.lora(LoraConfig.ofRank(2)));
    Recipe recipe = Recipes.of(model, options);
    RunConfig config = RunConfig.of(out, 2, recipe.defaultSchedule(2)).withEvaluation(0, 0);
    TrainingListener losses =
        new TrainingListener() {
          @Override
          public void onStep(long step, long steps, Map<String, Float> numbers) {
            System.out.println("training " + step + " " + numbers.get("loss"));
          }
        };
    TrainingRun.Outcome outcome =
        new TrainingRun(config, losses)
            .run(recipe.fingerprint(), recipe::open, new CancellationToken());
    recipe.export(outcome.states(), out.resolve("model"));
    try (TextGenerator tuned = TextGenerator.open(out.resolve("model"))) {
      System.out.println("tuned " + tuned.generate("And").text());
    }
  }
}
