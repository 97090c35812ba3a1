/** `bowsprit explain`: what the gateway does with one request, and why other rules did not match. */
import { Command, Option } from 'commander';
import { type ConfigurationOptions, readConfiguration } from './configuration.ts';
import { action, EXIT } from './exit.ts';
import { several } from './options.ts';

interface ExplainOptions extends ConfigurationOptions {
  header: string[];
  port?: string;
  sourceIp: string;
  output: 'text' | 'json';
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('the phases for one request, and why other rules did not match')
    .argument('<method>', 'GET, POST …')
    .argument('<url>', 'http://host/path or https://host/path, as the client asks for it')
    .requiredOption('-f, --filename <path>', 'file, folder or - (repeatable)', several, [])
    .option('-H, --header <line>', "'name: value' (repeatable)", several, [])
    .option('--port <number>', "the Gateway's port; else the URL's")
    .option('--source-ip <address>', 'the direct peer', '127.0.0.1')
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(action(run));
}

async function run(method: string, url: string, options: ExplainOptions): Promise<void> {
  const { questionOf } = await import('./explain/question.ts');
  const { explain } = await import('./explain/explain.ts');
  const { explanationText } = await import('./explain/print.ts');
  const question = questionOf(method, url, options);
  const explanation = await explain(question, readConfiguration(options));
  process.stdout.write(
    options.output === 'json' ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation),
  );
  process.exitCode = EXIT.fine;
}
