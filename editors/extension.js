// Starts `roto lsp` and connects it with the editor. All else is in the server.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
  const settings = workspace.getConfiguration("roto");
  const args = ["lsp"];
  const runtime = settings.get("runtime");
  if (runtime) {
    args.push("--runtime", runtime);
  }
  client = new LanguageClient(
    "roto",
    "Roto",
    { command: settings.get("path"), args },
    {
      documentSelector: [{ language: "roto" }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.roto") },
    },
  );
  return client.start();
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
