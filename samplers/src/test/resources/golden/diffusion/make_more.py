"""Writes the trajectories of SASolver, IPNDM and CMStochasticIterative in schedulers/ beside this file.

    python make_more.py

No reference run of these was at hand. The numbers come from this program, which works out the papers' formulas in another way than the
Java code: integrals by quadrature, polynomials by NumPy, noise by PyTorch. Needs torch and numpy.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

OUT = Path(__file__).parent / "schedulers"
T=1000
def ac_table(b0=0.00085,b1=0.012):
    betas=torch.linspace(b0**.5,b1**.5,T,dtype=torch.float32)**2
    return torch.cumprod(1-betas,0)
def model(x,t,c): return torch.from_numpy((c['a']*np.tanh(c['k']*x.double().numpy())+c['b']*np.sin(c['w']*float(t))).astype(np.float32))
def f(x): return [float(np.float32(v)) for v in x.flatten().tolist()]
C={'a':0.9,'k':0.8,'b':0.1,'w':0.01}
def emit(name,cls,cfg,n,ts,tsd,sig,ins,traj,x0n,init,noises,nstep,first,args={}):
    d=dict(id=name,scheduler=cls,scheduler_config={'_class_name':cls,**cfg},num_inference_steps=n,set_timesteps_args=args,begin_index=None,step_args={},seed=7,sample_shape=[1,4,4,4],model=C,model_variance=None,order=1,timesteps_dtype=tsd,timesteps=[float(t) for t in ts] if tsd!='int64' else [int(t) for t in ts],sigmas_dtype=None if sig is None else 'float32',sigmas=None if sig is None else f(sig),init_noise_sigma=ins,alphas_cumprod_at=None,initial_noise=f(x0n),initial_sample=f(init),first_step=dict(model_input=f(first[0]),model_output=f(first[1])),noise_step=nstep,noise=[f(z) for z in noises],trajectory=[f(x) for x in traj],final_sample=f(traj[-1]),max_abs=0,sensitivity=0)
    json.dump(d,(OUT / f'{name}.json').open('w'))
# ---- SASolver: Xue et al. 2023, arXiv:2309.05019, eq. 14 and 17
def sa(name,n,po,co,alg,pred,lof=True,spacing='linspace'):
    ac=ac_table(); 
    tsn=np.linspace(0,T-1,n+1).round()[::-1][:-1].copy().astype(np.int64)
    s_all=np.array(((1-ac)/ac)**0.5)
    sig=np.interp(tsn,np.arange(T),s_all); sig=torch.from_numpy(np.concatenate([sig,[s_all[0]]]).astype(np.float32))
    g=torch.Generator().manual_seed(7); x=torch.randn(1,4,4,4,generator=g); x0n=x.clone()
    al=lambda s:1/((s**2+1)**.5); 
    def AS(s): a=al(s); return a,s*a
    lam=lambda s:(torch.log(AS(s)[0])-torch.log(AS(s)[1])).double()
    P=alg=='data_prediction'
    tau=lambda t:1 if 200<=t<=800 else 0
    outs=[None]*max(po,co-1); tl=[None]*max(po,co-1); low=0; last=None; lastn=None
    def integ(order,a,b,t):
        # numeric integral: gauss-legendre in double of exp(..)*x^order
        xs,ws=np.polynomial.legendre.leggauss(60); xx=(b-a)/2*xs+(a+b)/2; ww=ws*(b-a)/2
        k=(1+t*t) if P else -1
        return float((ww*np.exp(k*xx)*xx**order).sum())
    def coef(order,a,b,ll,t):
        out=[]
        for i in range(order):
            p=np.poly1d([1.0])
            for j in range(order):
                if j!=i: p=p*np.poly1d([1.0,-ll[j]])/(ll[i]-ll[j])
            c=p.coeffs; 
            out.append(sum(c[j]*integ(len(c)-1-j,a,b,t) for j in range(len(c))))
        return out
    def upd(base,ms,order,it,is0,ll,t,z,corr):
        at,st=[v.double().item() for v in AS(sig[it])]; a0,s0=[v.double().item() for v in AS(sig[is0])]
        lt=lam(sig[it]).item(); l0=lam(sig[is0]).item(); h=lt-l0
        gc=coef(order,l0,lt,ll,t)
        if P and order==2:
            q=1+t*t
            if not corr:
                e=math.exp(q*lt)*(h**2/2-(h*q-1+math.exp(-q*h))/q**2)/(l0-lam(sig[is0-1]).item())
            else:
                e=math.exp(q*lt)*(h/2-(h*q-1+math.exp(-q*h))/(q**2*h))
            gc[0]+=e; gc[1]-=e
        grad=0
        for i in range(order):
            if P: grad=grad+(1+t*t)*st*math.exp(-t*t*lt)*gc[i]*ms[i].double()
            else: grad=grad-(1+t*t)*at*gc[i]*ms[i].double()
        if P: nz=st*math.sqrt(1-math.exp(-2*t*t*h))*z.double(); r=math.exp(-t*t*h)*(st/s0)*base.double()+grad+nz
        else: nz=t*st*math.sqrt(math.exp(2*h)-1)*z.double(); r=(at/a0)*base.double()+grad+nz
        return r.float()
    traj=[];noises=[];first=None
    for i,t in enumerate(tsn):
        m=model(x,t,C); 
        if first is None: first=(x.clone(),m.clone())
        a,s=AS(sig[i])
        if P: mc={'epsilon':(x-s*m)/a,'sample':m,'v_prediction':a*x-s*m}[pred]
        else: mc={'epsilon':m,'sample':(x-a*m)/s,'v_prediction':a*m+s*x}[pred]
        if i>0 and last is not None:
            o=tco; ll=[lam(sig[i-k]).item() for k in range(o)]
            ms=[mc]+[outs[-1-k] for k in range(o-1)]
            x=upd(last,ms,o,i,i-1,ll,tau(tl[-1]),lastn,True)
        outs=outs[1:]+[mc]; tl=tl[1:]+[t]
        z=torch.randn(x.shape,generator=g); noises.append(z)
        tpo=min(po,n-i) if lof else po; tco=min(co,n-i+1) if lof else co
        tpo=min(tpo,low+1); tco=min(tco,low+2)
        last=x; lastn=z
        ll=[lam(sig[i-k]).item() for k in range(tpo)]
        x=upd(x,[outs[-1-k] for k in range(tpo)],tpo,i+1,i,ll,tau(t),z,False)
        if low<max(po,co-1): low+=1
        traj.append(x.clone())
    cfg=dict(num_train_timesteps=T,beta_start=.00085,beta_end=.012,beta_schedule='scaled_linear',predictor_order=po,corrector_order=co,algorithm_type=alg,prediction_type=pred,lower_order_final=lof)
    emit(name,'SASolverScheduler',cfg,n,tsn,'int64',sig,1.0,traj,x0n,x0n,noises,list(range(n)),first)
k=0
for po,co,alg,pred,lof in [(2,2,'data_prediction','epsilon',True),(1,1,'data_prediction','epsilon',True),(3,4,'data_prediction','epsilon',True),(2,2,'noise_prediction','epsilon',True),(3,3,'noise_prediction','v_prediction',True),(3,2,'data_prediction','v_prediction',False),(2,3,'data_prediction','sample',True)]:
    sa(f'SASolver_{k:02d}',10,po,co,alg,pred,lof); k+=1
# ---- IPNDM
def ip(n):
    steps=torch.linspace(1,0,n+1)[:-1]; steps=torch.cat([steps,torch.tensor([0.0])])
    betas=torch.sin(steps*math.pi/2)**2; al=(1.0-betas**2)**.5
    ts=(torch.atan2(betas,al)/math.pi*2)[:-1]
    g=torch.Generator().manual_seed(7); x=torch.randn(1,4,4,4,generator=g); x0n=x.clone(); ets=[];traj=[];first=None
    for i in range(n):
        m=model(x,ts[i],C)
        if first is None: first=(x.clone(),m)
        ets.append(x*betas[i]+m*al[i])
        e=[lambda:ets[-1],lambda:(3*ets[-1]-ets[-2])/2,lambda:(23*ets[-1]-16*ets[-2]+5*ets[-3])/12,lambda:(1/24)*(55*ets[-1]-59*ets[-2]+37*ets[-3]-9*ets[-4])][min(len(ets),4)-1]()
        pr=(x-betas[i]*e)/max(al[i],1e-8); x=al[i+1]*pr+e*betas[i+1]; traj.append(x.clone())
    emit(f'IPNDM_{n}','IPNDMScheduler',dict(num_train_timesteps=1000,trained_betas=None),n,ts.tolist(),'float32',None,1.0,traj,x0n,x0n,[],[],first)
ip(10); ip(25)
# ---- CM
def cm(n,custom=None,clip=True):
    N=40;smin,smax,sd,rho=0.002,80.0,0.5,7.0
    tn=np.array(custom,dtype=np.int64) if custom else (np.arange(0,n)*(N//n)).round()[::-1].copy().astype(np.int64)
    ramp=tn[::-1].copy()/(N-1); a=smin**(1/rho);b=smax**(1/rho); s=(b+ramp*(a-b))**rho
    ts=1000*.25*np.log(s+1e-44); sig=torch.from_numpy(np.concatenate([s,[smin]]).astype(np.float32))
    g=torch.Generator().manual_seed(7); x=torch.randn(1,4,4,4,generator=g); x0n=x.clone(); x=x*smax; init=x.clone(); traj=[];nz=[];first=None
    for i,t in enumerate(ts):
        si=sig[i]; inp=x/((si**2+sd**2)**.5); m=model(inp,t,C)
        if first is None: first=(inp,m)
        cs=sd**2/((si-smin)**2+sd**2); co=(si-smin)*sd/(si**2+sd**2)**.5
        d=co*m+cs*x
        if clip: d=d.clamp(-1,1)
        if len(ts)>1: z=torch.randn(x.shape,generator=g); nz.append(z)
        else: z=torch.zeros_like(m)
        sh=sig[i+1].clamp(min=smin,max=smax); x=d+z*(sh**2-smin**2)**.5; traj.append(x.clone())
    emit(f'CM_{len(ts)}_{int(clip)}','CMStochasticIterativeScheduler',dict(num_train_timesteps=N,sigma_min=smin,sigma_max=smax,sigma_data=sd,s_noise=1.0,rho=rho,clip_denoised=clip),None if custom else n,ts.tolist(),'float64',sig,smax,traj,x0n,init,nz,list(range(len(nz))),first,{'timesteps':custom} if custom else {})
cm(1); cm(4); cm(2,[22,0],False)
