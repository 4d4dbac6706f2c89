import { Cluster } from 'ioredis';

type SendCommand = Cluster['sendCommand'];

/**
 * A Cluster client that refuses commands while it has no connection, as a client of one server does without an offline
 * queue. ioredis's own switch for that would also refuse what is sent while a single node is still being connected to.
 */
export class StrictCluster extends Cluster {
  override sendCommand(...[command, ...rest]: Parameters<SendCommand>): ReturnType<SendCommand> {
    // `wait` connects; CLUSTER INFO and SLOTS are how ioredis gets ready.
    if (this.status !== 'ready' && this.status !== 'wait' && command.name !== 'cluster') {
      command.reject(new Error("Cluster isn't writeable: it is not connected"));
      return command.promise;
    }
    return super.sendCommand(command, ...rest);
  }
}
