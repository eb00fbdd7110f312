plugins {
  id("com.android.application")
}

val sampoVersion = "0.1.0-SNAPSHOT"
val onnxRuntimeVersion = "1.28.0"

/** The models that the three screens use; they go into the APK as assets and are copied to files on first use. */
val models = listOf("scripture-gpt", "scripture-lstm", "digits-gan", "digits-diffusion")

val modelAssets = layout.buildDirectory.dir("generated/models")

val copyModels by tasks.registering(Sync::class) {
  into(modelAssets)
  into("models") {
    from(rootDir.resolve("../../exporter-specs/models"))
    models.forEach { include("$it/**") }
    exclude("**/README.md")
  }
}

android {
  namespace = "dev.sampo.examples.android"
  compileSdk = 35

  defaultConfig {
    applicationId = "dev.sampo.examples.android"
    minSdk = 26
    targetSdk = 35
    versionCode = 1
    versionName = "1.0"
    ndk {
      // Phones; x86_64 is for the emulator on a PC. The AAR has armeabi-v7a and x86 as well.
      abiFilters += listOf("arm64-v8a", "x86_64")
    }
  }

  compileOptions {
    sourceCompatibility = JavaVersion.VERSION_17
    targetCompatibility = JavaVersion.VERSION_17
  }

  buildTypes {
    release {
      isMinifyEnabled = true
      isShrinkResources = true
      proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
      // So that `assembleRelease` gives something to install; sign with your own key before you publish.
      signingConfig = signingConfigs.getByName("debug")
    }
  }

  sourceSets {
    getByName("main") {
      assets.srcDir(modelAssets)
    }
    getByName("test") {
      // They run in the Maven build (pom.xml beside this file), with the desktop's ONNX Runtime.
      java.setSrcDirs(emptyList<String>())
      resources.setSrcDirs(emptyList<String>())
    }
  }

  packaging {
    resources {
      excludes +=
        setOf(
          "META-INF/LICENSE*",
          "META-INF/NOTICE*",
          "META-INF/DEPENDENCIES",
          "META-INF/FastDoubleParser-*",
          "META-INF/maven/**",
          "META-INF/versions/**",
          "**/*.proto",
        )
    }
    jniLibs {
      // Libraries are loaded straight out of the APK, aligned to 16 KB.
      useLegacyPackaging = false
    }
  }
}

tasks.named("preBuild") { dependsOn(copyModels) }

configurations.configureEach {
  // The desktop's ONNX Runtime; the AAR below has the same classes.
  exclude(group = "com.microsoft.onnxruntime", module = "onnxruntime")
  // A desktop library built with training; the plain back end trains without.
  exclude(group = "org.bytedeco")
}

dependencies {
  implementation("dev.sampo:sampo-android:$sampoVersion")
  implementation("dev.sampo:sampo-training:$sampoVersion")
  implementation("com.microsoft.onnxruntime:onnxruntime-android:$onnxRuntimeVersion")
  // The SDK logs through SLF4J; this one prints warnings to System.err, which logcat shows.
  runtimeOnly("org.slf4j:slf4j-simple:2.0.17")
}
